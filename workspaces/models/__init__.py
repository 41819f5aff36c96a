from workspaces.models.api_key import ApiKey
from workspaces.models.audit import AuditEntry
from workspaces.models.idempotency import IdempotentRequest
from workspaces.models.membership import Membership
from workspaces.models.team import Team
from workspaces.models.user import User
from workspaces.models.workspace import Workspace

__all__ = ["ApiKey", "AuditEntry", "IdempotentRequest", "Membership", "Team", "User", "Workspace"]
