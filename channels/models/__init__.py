from channels.models.account import Account
from channels.models.message import Message, MessageBody
from channels.models.message_event import MessageEvent
from channels.models.suppression import Suppression

__all__ = ["Account", "Message", "MessageBody", "MessageEvent", "Suppression"]
