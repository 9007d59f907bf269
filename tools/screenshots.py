"""Take the README's screenshots of a running site: ``python -m tools.screenshots [--url URL]``.

Signs in as the first administrator, runs the first niche twice (the second time for nothing), types
a few costs and notes a purchase, has a job of AutoSourcing look once, and writes PNG files to
``docs/screenshots/``. ``--only sign-in account`` takes those alone, and spends nothing where they
show no answer. The page of the second factor is there where the site runs with ``MFA=optional``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
PATIENCE_MS = 90_000
JOB = "amazon-en-baisse"  # a look costs about 150 tokens
SIGN_IN = "sign-in"
# Pages that need no answer.
PLAIN = {
    "configuration": "configuration/",
    "members": "membres/",
    "account": "mon-compte/",
    "second-factor": "mon-compte/securite/",
    "api": "api/v1/docs",
}


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(url)
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(url)


def search(page: Page, url: str) -> str:
    """Run the first niche twice; returns the address of the second answer."""
    page.goto(f"{url}niches/")
    page.locator("form[action$='/lancer/'] button").last.click()
    page.locator("#results").wait_for()
    first = page.url
    page.locator("form[action$='/relancer/'] button").click()
    page.wait_for_url(lambda address: address != first)
    page.locator("#results").wait_for()
    return page.url


def typed_costs(page: Page, answer: str) -> None:
    """What some products of an answer cost, typed in their rows."""
    page.goto(answer)
    page.wait_for_load_state()
    for place in (1, 3, 4, 7):
        row = page.locator("tbody.product").nth(place)
        cost = row.locator("[data-act=cost]")
        expected = float((cost.get_attribute("placeholder") or "20").replace(",", "."))
        cost.fill(f"{expected / 2:.2f}".replace(".", ","))
        cost.press("Enter")
        row.locator("[data-act=cost][data-source=typed]").wait_for()


def bought(page: Page, url: str, product: str, name: str) -> None:
    """A purchase of the product is noted."""
    marketplace, asin = product.split("/produits/")[1].split("/")[:2]
    page.goto(f"{url}achats/ajouter/?marketplace={marketplace}&asin={asin}&cost=18,5&quantity=12")
    page.fill("[name=place]", name)
    page.locator("main form button.primary[type=submit]").click()
    page.wait_for_load_state()


def first_product(page: Page, answer: str) -> str:
    """Make the first product of an answer a favourite; returns its address with a cost typed."""
    page.goto(answer)
    page.locator("a.product-title").first.click()
    page.locator("h1").wait_for()
    add = page.locator("input[name=wanted][value='1']")
    if add.count():
        page.locator("form[action$='/favori/'] button").click()
        page.wait_for_load_state()
    return f"{page.url.split('?')[0]}?cost=30"


def analysed_list(page: Page, url: str, asins: list[str], marketplace: str) -> str:
    """Have a few of an answer's products analysed at costs of one's own; returns the address."""
    page.goto(f"{url}listes/")
    lines = [f"{asin};{cost};{cost}" for asin, cost in zip(asins, range(5, 25, 2), strict=False)]
    page.fill("#id_text", "\n".join(["ASIN;Coût;Qté", *lines, "9782070360024;4;1", "bidule;1;1"]))
    page.locator(".form-end button[type=submit]").click()
    page.locator("select[name=marketplace]").wait_for()
    page.select_option("select[name=marketplace]", marketplace)
    page.locator("#start").click()
    page.locator("#results").wait_for()
    return page.url


def previewed(page: Page, url: str) -> None:
    """A profile asked what lower floors would change."""
    page.goto(f"{url}configuration/profils/equilibre/")
    for name, value in (("roi_percent", "5"), ("profit", "0,5"), ("margin_percent", "2")):
        page.fill(f"[name=consider_{name}]", value)
    page.locator(".sticky-actions button[value=preview]").click()
    page.locator("#preview").wait_for()


def checked(page: Page, product: str) -> None:
    """A product whose live offers were looked at."""
    page.goto(product)
    if not page.locator("#check .banner").count():
        page.locator("#check-form button").click()
        page.locator("#check .banner").wait_for()
    page.locator("#check").scroll_into_view_if_needed()


def job_run(page: Page, url: str) -> str:
    """Keep a job made from a template and have it look; returns the address of its run."""
    page.goto(f"{url}autosourcing/veilles/nouvelle/?template={JOB}")
    page.locator("#forecast b").wait_for()
    page.locator(".form-end button[type=submit]").click()
    page.locator("form[action$='/lancer/'] button").first.click()
    page.locator("#results").wait_for()
    return page.url


def job_pages(page: Page, url: str, job: str) -> dict[str, str]:
    """The pages of AutoSourcing, with the run of a job and the best of its picks."""
    page.goto(f"{url}autosourcing/trouvailles/")
    pick = page.locator(".pick-actions a").first.get_attribute("href") or ""
    root = f"{url}autosourcing/"
    return {
        "review": root,
        "picks": f"{root}trouvailles/",
        "pick": f"{url}{pick.removeprefix('/')}",
        "jobs": f"{root}veilles/",
        "job-form": f"{root}veilles/nouvelle/?template={JOB}",
        "job-run": job,
        "alerts": f"{root}alertes/",
        "alert-settings": f"{root}alertes/reglages/",
    }


def plain_pages(page: Page, url: str, suffix: str, only: set[str]) -> None:
    """Take the pages that need no answer."""
    for what, path in PLAIN.items():
        if (only and what not in only) or (what == "api" and suffix.endswith("dark")):
            continue  # Swagger UI is light only
        answer = page.goto(f"{url}{path}")
        if answer is None or not answer.ok:
            print(f"Not there: {what}", file=sys.stderr)
            continue
        page.wait_for_load_state("networkidle")
        if what == "api":  # drawn by its script
            page.locator(".opblock").first.wait_for(state="attached")
        elif what == "configuration":
            page.locator("#tokens").evaluate("all => all.scrollIntoView(false)")
        page.screenshot(path=TARGET / f"{what}-{suffix}.png")


def shoot(browser: Browser, url: str, name: str, password: str, only: set[str]) -> None:
    answer = product = listed = job = ""
    is_plain = bool(only) and only <= {SIGN_IN, *PLAIN}
    for scheme in ("light", "dark"):
        for device, (width, height) in SIZES.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="fr-FR",
                color_scheme="dark" if scheme == "dark" else "light",
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            if not only or SIGN_IN in only:
                page.goto(f"{url}login/")
                page.screenshot(path=TARGET / f"{SIGN_IN}-{device}-{scheme}.png")
            sign_in(page, url, name, password)
            plain_pages(page, url, f"{device}-{scheme}", only)
            if is_plain:
                context.close()
                continue
            answer = answer or search(page, url)
            if not product:
                typed_costs(page, answer)
                product = first_product(page, answer)
                bought(page, url, product, "Grossiste de Lyon")
            if not listed:
                page.goto(answer)
                asins = page.locator("tbody.product").evaluate_all(
                    "rows => rows.slice(0, 8).map(row => row.dataset.asin)"
                )
                marketplace = product.split("/produits/")[1].split("/")[0]
                listed = analysed_list(page, url, asins, marketplace)
            job = job or job_run(page, url)
            pages = {
                "dashboard": url,
                "niches": f"{url}niches/",
                "answer": answer,
                "product": product,
                "favourites": f"{url}favoris/",
                "purchases": f"{url}achats/",
                "box": f"{url}recherche-rapide/?q={product.split('/')[-2]}",
                "glossary": f"{url}lexique/",
                "history": f"{url}historique/",
                "list": listed,
                "lists": f"{url}listes/",
                **job_pages(page, url, job),
            }
            for what, address in pages.items():
                if only and what not in only:
                    continue
                page.goto(address)
                page.wait_for_load_state("networkidle")
                page.locator("#forecast").evaluate_all("all => all[0]?.scrollIntoView(false)")
                page.screenshot(path=TARGET / f"{what}-{device}-{scheme}.png")
            page.goto(f"{answer}#results")
            page.locator("[data-act=explain]").first.click()
            page.locator(".why-row .reasons").first.wait_for()
            page.screenshot(path=TARGET / f"why-{device}-{scheme}.png")
            previewed(page, url)
            page.screenshot(path=TARGET / f"preview-{device}-{scheme}.png")
            checked(page, product)
            page.screenshot(path=TARGET / f"check-{device}-{scheme}.png")
            context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000/")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--only", nargs="+", default=[], metavar="PAGE")
    parser.add_argument("--password-file", type=Path, default=ROOT / "var" / "admin-password")
    options = parser.parse_args()
    chromium = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if chromium is None:
        print("No Chromium on this machine.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        password = options.password_file.read_text().strip()
        shoot(browser, options.url, options.user, password, set(options.only))
        browser.close()
    print(f"Written to {TARGET}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
