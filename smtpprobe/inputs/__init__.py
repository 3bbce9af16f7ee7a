"""What a user gives, read into what the rest works with.

    targets.py       text like `submission://mail.example` -> Target; by written.py and hosts.py
    credentials/     where the secret of a login comes from -> Credentials
    traits.py        what can be seen of a login without giving it away -> CredentialTraits

Nothing here talks to a server, and nothing prints. What cannot be meant is an error of one line, for the
person who wrote it: what was wrong, and what to write instead. Such a line never holds a secret.
"""
