"""Throwaway."""
import pytest
from tests.e2e.conftest import sign_in, PATIENCE_MS
from tests.e2e.test_first_search import ask_books
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OUT="/tmp/shots_table"
def test_shots(page, site, settings):
    settings.KEEPA_SANDBOX=True
    sign_in(page, site)
    page.goto(site.url+"/niches/")
    ask_books(page, products=50)
    url=page.url
    for w,h in ((390,844),):
        page.set_viewport_size({"width":w,"height":h})
        page.goto(url.split("#")[0]); page.wait_for_load_state()
        page.screenshot(path=f"{OUT}/run_{w}.png")
        print(page.evaluate('''[...document.querySelectorAll("main *")].filter(e=>e.getBoundingClientRect().right>innerWidth+1 && !e.closest("details:not([open])") && !e.closest(".filters") || (e.matches(".panel")) ).slice(0,12).map(e=>e.tagName+"."+e.className+" "+Math.round(e.getBoundingClientRect().right)+getComputedStyle(e).position)'''))
        print(w, page.evaluate("[...document.querySelectorAll('tr.main-row')].filter(r=>{const b=r.getBoundingClientRect();return b.top>=0&&b.bottom<=innerHeight}).length"), page.evaluate("[document.querySelector('tr.main-row').getBoundingClientRect().top, document.querySelector('tr.main-row').getBoundingClientRect().height, document.documentElement.scrollWidth]"))
