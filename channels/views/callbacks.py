"""Providers report what became of messages: POST /callbacks/<kind>/<account>/. The adapter checks the signature."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from channels import happened, heard
from channels.adapters.base import BadReport, Report, Signal
from channels.adapters.registry import adapters
from channels.deliver import account_settings
from channels.models import Account
from lib import clock


@csrf_exempt
@require_POST
def callback(request: HttpRequest, kind: str, account_id: UUID) -> HttpResponse:
    account = Account.objects.filter(public_id=account_id, kind=kind).first()
    adapter = adapters.get(kind)
    if account is None or adapter is None:
        return HttpResponse(status=404)
    now = clock.now()
    url = (
        settings.BASE_URL.rstrip("/") + request.get_full_path()
    )  # as the provider was told, whatever proxies make of it
    try:
        reports = adapter.read_reports(account_settings(account), request, url, now)
    except BadReport:
        return HttpResponse(status=403)
    happened.reported(account, [report for report in reports if isinstance(report, Report)], now)
    heard.heard(account, [signal for signal in reports if isinstance(signal, Signal)], now)
    return HttpResponse(status=adapter.callback_status)
