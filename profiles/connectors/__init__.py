"""Ways in beyond the tracking calls of sites and apps, one file each: a file, a query, somebody else's webhook.

A connector is a kind of source. What it needs to know lies in the source's `settings` and, encrypted, in its `secret`.
All of them make profiles.call.Call of what they get and hand it to record_event.
"""
