"""Where a person can be reached: SQL over a row `p` of a profile (id, public_id, external_id, email, phone), null where
she can't. Messages (channels.eligibility) and conditions (reachable) read the same."""

ADDRESSES = {
    "email": "p.email",
    "sms": "p.phone",
    # The device seen last stands for all: the message goes to every active one (channels.devices).
    "push": """(
        select d.token from profiles_device d where d.profile_id = p.id and d.state = 'active'
        order by d.last_seen_at desc, d.id desc limit 1
    )""",
    # A site or an app asks for what waits for her under the name it knows her by.
    "in_app": """case when p.external_id is not null or exists (
        select from profiles_identity i
        where i.profile_id = p.id and i.kind in ('anonymous_id', 'user_id')
    ) then p.public_id::text end""",
    # What a source, or the network itself, calls her on one of the networks that the workspace has an account of.
    "social": """(
        select i.value from profiles_identity i
        join channels_account a on a.workspace_id = i.workspace_id and a.medium = 'social'
            and i.kind = 'external:' || a.kind
        where i.profile_id = p.id order by a.is_default desc, i.id desc limit 1
    )""",
}
