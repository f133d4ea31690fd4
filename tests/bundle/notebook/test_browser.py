"""The notebooks as a person uses them: JupyterLab, a browser, run all, move, type, look, save."""

import pytest

from tests import lab

if lab.CHROMIUM is None:
    pytest.skip("no notebook is opened: apt-get install chromium", allow_module_level=True)

pytestmark = pytest.mark.timeout(400)
PICTURE = """explorer => {
    const images = [...explorer.querySelectorAll("img")];
    const painted = images.length && images.every(image => image.naturalWidth > 0);
    return painted ? images.map(image => image.src).join() : null;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with lab.server(folder) as address:
        yield address, folder / "repository"


@pytest.fixture
def page(request, server, browser):
    """A notebook, opened and run; after the test it is saved, and must be the committed one."""
    address, checkout = server
    name = request.param
    page = lab.opened(browser, address, name)
    lab.run_all(page)
    yield page
    lab.save(page)
    page.close()
    assert not page.complaints
    assert not lab.altered(checkout)


def until_said(page, text: str) -> None:
    """Wait until an explorer says this."""
    status = page.locator(lab.EXPLORER).get_by_role("status")
    lab.until(lambda: text in " ".join(status.all_inner_texts()))


def picture(page) -> str | None:
    """What is painted in an explorer; None where nothing is."""
    return page.locator(lab.EXPLORER).evaluate(PICTURE)


def changes(page, act) -> None:
    """Do something, and wait until the picture is another."""
    before = picture(page)
    act()
    lab.until(lambda: picture(page) not in (None, before))


@pytest.mark.parametrize("page", ["part1"], indirect=True)
def test_part_1_follows_a_typed_palindrome_digit_by_digit(page):
    typed = page.get_by_label("Palindrome", exact=True)
    typed.fill("123")
    typed.press("Enter")
    until_said(page, "is no palindrome")
    lab.until(lambda: picture(page) is None)
    typed.fill("314413")
    typed.press("Enter")
    until_said(page, "After 5 of 5 digits the network says 3")
    lab.until(lambda: picture(page) is not None)
    changes(page, lambda: page.get_by_role("slider").press("Home"))
    until_said(page, "After 1 of 5 digits")


@pytest.mark.parametrize("page", ["task2"], indirect=True)
def test_task_2_goes_through_the_moments_on_the_same_noise(page):
    changes(page, lambda: page.get_by_role("slider").press("End"))
    until_said(page, "after 187 000 batches")
    page.get_by_role("slider").press("Home")
    until_said(page, "after 0 batches")


@pytest.mark.parametrize("page", ["task3"], indirect=True)
def test_task_3_walks_from_one_digit_to_the_other(page):
    changes(page, lambda: page.get_by_role("slider").press("End"))
    until_said(page, "At alpha 1.000 the classifier sees a 7")
    changes(page, lambda: page.get_by_role("slider").press("Home"))
    until_said(page, "At alpha 0.000 the classifier sees a 2")
    path = page.get_by_label("Path", exact=True)
    changes(page, lambda: path.select_option("great circle"))
    page.get_by_label("To", exact=True).select_option("2")
    until_said(page, "both 2")
    lab.until(lambda: picture(page) is None)
    page.get_by_label("To", exact=True).select_option("0")
    page.get_by_role("slider").press("End")
    until_said(page, "the classifier sees a 0")
