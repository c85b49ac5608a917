"""A submission's XML gives the answers that the server's data API gives of it."""

from collector.form.instance.to_json import answers_of, version_in
from collector.sandbox.instance import answers

XML = b"""<?xml version='1.0' ?><aX id="aX" xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
<start>2026-07-05T10:00:00.000+03:00</start><empty/><blank> </blank>
<place><venue>hotel</venue><nothing/><inner><code>7</code></inner></place>
<register jr:template=""><card/><sex/></register>
<register><card>1000093</card><sex>f</sex><child><age>3</age></child><child><age>5</age></child></register>
<register><card>1000190</card><sex>m</sex></register>
<__version__>v1</__version__><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></aX>"""
REPEATS = {"register", "register/child"}


def test_answers_are_those_of_the_data_api():
    expected = answers(XML, REPEATS)
    assert answers_of(XML, REPEATS) == expected
    assert expected["register"][0]["register/child"] == [{"register/child/age": "3"}, {"register/child/age": "5"}]
    assert expected["place/inner/code"] == "7"


def test_the_version_is_read_before_anything_is_known_of_the_form():
    assert version_in(XML) == "v1"
    assert version_in(b"<data/>") == ""
