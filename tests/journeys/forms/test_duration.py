"""The number and unit of a span, as typed and as shown again."""

from django import forms
from django.http import QueryDict

from journeys.forms.duration import DurationField


class Form(forms.Form):
    span = DurationField(required=False, sides=True)


def test_a_span_of_one_unit_is_written_as_iso_8601():
    form = Form(QueryDict("span-number=3&span-unit=hours&span-side=before"))
    assert form.is_valid()
    assert form.cleaned_data["span"] == "-PT3H"


def test_a_wrong_number_comes_back_where_it_was_typed():
    form = Form(QueryDict("span-number=-3&span-unit=weeks&span-side=before"))
    assert form.errors["span"] == ["Write a whole number, such as 3."]
    shown = str(form["span"])
    assert 'value="-3"' in shown
    assert '<option value="weeks" selected>' in shown
    assert '<option value="before" selected>' in shown
    assert "span-raw" not in shown


def test_a_span_of_several_units_is_kept_as_written():
    shown = str(Form(initial={"span": "P1DT6H"})["span"])
    assert 'name="span-raw" value="P1DT6H"' in shown
