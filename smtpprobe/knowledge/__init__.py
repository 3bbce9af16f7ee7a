"""What is known: facts and English words, a table an entry, in TOML files that anybody can mend.

    replies.toml       basic reply codes, with the senses they have at a step
    enhanced.toml      enhanced status codes: classes, subjects, details
    extensions.toml    EHLO keywords
    mechanisms.toml    SASL mechanisms
    findings.toml      what the checks find: a table for each id
    causes.toml        why: the closed list of causes
    diagnosis.toml     what can be proven fine, and what to take care of

`tables` reads them, `lookup` finds the entries for a reply, from the most specific to the least.
Facts only: the words in these files are English, `words` puts those of other languages over them.
"""
