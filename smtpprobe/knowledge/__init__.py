"""What is known: facts and English words, a table an entry, in TOML files that anybody can mend.

    replies.toml       basic reply codes, with the senses they have at a step
    enhanced.toml      enhanced status codes: classes, subjects, details
    extensions.toml    EHLO keywords
    mechanisms.toml    SASL mechanisms
    findings.toml      what the checks find: a table for each id
    causes.toml        why: the closed list of causes
    advice.toml        what to do about a cause at one provider, or with one program
    diagnosis.toml     what can be proven fine, and what to take care of
    labels.toml        the words around everything else
    said.toml          replies of providers and programs that name their cause
    words.toml         words that point to a cause in any reply, in the languages of servers
    software.toml      how programs, providers and devices show who they are

`tables` reads them, `lookup` finds the entries for a reply, from the most specific to the least,
`causes` reads why a reply was given, `refusals` what a refused AUTH means, `software` who answers,
`compare` sets codes apart.
Facts only: the words in these files are English, `words` puts those of other languages over them.
"""
