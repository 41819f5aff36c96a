"""Calls that journeys make: what is sent, how it is signed, when it is tried again, and who waits for whom.

request    a step's settings, filled in for one person
signing    Standard Webhooks signatures
vault      the workspace's secrets by name
verdict    what an answer means: on, failed, or again later
hosts      which hosts may be called now: one that hangs holds up nobody else's
claim      the calls that are this worker's until a lease ends, and what became of them
pump       many calls at once, each within its time
words      what became of a call, for people
"""
