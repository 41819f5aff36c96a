import pytest
pytestmark = [pytest.mark.django_db(transaction=True)]

def test_look(hands, shop, draft):
    hands.sign_in("seoyeon", f"/journeys/{draft.public_id}/")
    page=hands.page
    page.locator(".gm-board").wait_for()
    import re
    cards=page.locator(".gm-board [data-card]")
    labels=[c.get_attribute("aria-label") for c in cards.all()]
    print(labels)
    name=next(l for l in labels if 'VIP?' in l)
    page.locator(f'.gm-board [data-card][aria-label="{name}"]').click()
    hands.inspector.locator("#inspector-form").wait_for()
    page.screenshot(path="/tmp/condko/i1.png")
    hands.press("Add a condition")
    page.wait_for_timeout(500)
    f=hands.inspector.get_by_label("attribute",exact=True).last
    f.click(); f.press_sequentially("plan", delay=250); page.wait_for_timeout(1200)
    assert f.input_value()=="plan"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')")=="attribute"
    f.press("Tab"); page.wait_for_timeout(800)
    print(page.evaluate("document.activeElement.outerHTML.slice(0,200)"))
    hands.pick("how to compare","is one of")
    v=hands.inspector.get_by_label("values, separated by commas").last
    v.click(); v.press_sequentially("pro, basic", delay=300); page.wait_for_timeout(1500)
    assert v.input_value()=="pro, basic", v.input_value()
    v.press("Enter"); page.wait_for_timeout(1000)
    assert v.input_value()=="pro, basic", v.input_value()
    hands.saved()
    page.screenshot(path="/tmp/condko/i2.png")
    from journeys.models import Journey
    import json
    draft.refresh_from_db()
    print(json.dumps([s for s in draft.document["steps"].values() if s["kind"]=="branch"],ensure_ascii=False))
