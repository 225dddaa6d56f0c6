"""The frame of every page: header, navigation, who acts, play money, and what is said when all fails."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from nicegui import Client, app, ui

from decai.dashboard import crowd
from decai.dashboard.account_menu import AccountMenu
from decai.dashboard.context import Dashboard, current
from decai.dashboard.elements import box, heading, icon_button, link, note, tag, text
from decai.dashboard.elements.html import Tag
from decai.dashboard.play import PlayStrip
from decai.dashboard.session import Session
from decai.dashboard.words import is_silence, told
from decai.errors import DecaiError, InputError

__all__ = ["Page", "PageGone", "fault_words", "filled", "frame", "framed", "install_assets", "show_fault"]

P = ParamSpec("P")
T = TypeVar("T")
_log: Final = logging.getLogger("decai.dashboard")
_STATIC: Final = Path(__file__).parent / "static"
_SCRIPTS: Final = ("page", "lost", "wallet", "chart")
_NAVIGATION: Final = (
    ("/", "Models"),
    ("/add", "Add a model"),
    ("/simulate", "Simulate"),
    ("/account", "My account"),
    ("/about", "About"),
)
_THEME: Final = """<script>
try {
  const kept = localStorage.getItem("decai.theme");
  if (kept) document.documentElement.dataset.theme = kept;
} catch {}
</script>"""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_SPLASH: Final = '<div id="dc-splash" role="status"><b>decai</b> is opening&hellip;</div>'


class PageGone(Exception):
    """Its browser has gone; nothing more has to be done for it."""


@dataclass(slots=True)
class Page:
    """One open page, as its builder sees it."""

    dashboard: Dashboard
    session: Session
    client: Client
    content: Tag
    """What the builder fills."""

    async def blocking(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a call that may block gives, while the page is there; see `Dashboard.blocking`."""
        result = await self.dashboard.blocking(call, *args, **kwargs)
        self._check()
        return result

    async def fill(
        self,
        part: Tag,
        build: Callable[[], Awaitable[None]],
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Fill a part of the page; if the network is away, it says so, and is filled when that is back.

        Parameters
        ----------
        part
            What to fill; whatever is in it goes.
        build
            Fills it.
        before
            What has to be waited for before; the part says so.

        Raises
        ------
        DecaiError
            What `build` raises for any other reason.
        PageGone
            If the page was closed meanwhile.
        """
        pause = _FIRST_PAUSE
        while True:
            begun = time.time()
            part.clear()
            try:
                if before is not None:
                    with part:
                        _waiting()
                        await before()
                    self._check()
                    part.clear()
                with part:
                    await build()
                return
            except DecaiError as error:
                if not is_silence(error):
                    raise
                self._check()
                part.clear()
                with part:
                    if part is self.content:
                        show_fault(error)
                    else:
                        note(fault_words(error), "bad", live=True)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            while self.dashboard.head.fault is not None or self.dashboard.head.seen < begun:
                await asyncio.sleep(_FIRST_PAUSE)
                self._check()

    def _check(self) -> None:
        if self.client.is_deleted:
            raise PageGone

    def say(self, words: str) -> None:
        """Say something for a moment, at the foot of the page."""
        with self.content:
            ui.notify(words, position="bottom", timeout=6_000, close_button="Close", multi_line=True)

    def show_path(self, path: str) -> None:
        """Let the address of the page say what is shown, without loading it anew."""
        self.client.run_javascript(f"window.decaiPage?.path({json.dumps(path)})")


def install_assets() -> None:
    """Serve style sheet and scripts, under addresses that change with them; once for each process."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_STATIC.iterdir()))).hexdigest()[
        :12
    ]
    base = f"/static/{digest}"
    app.add_static_files(base, _STATIC, max_cache_age=31_536_000)
    ui.add_head_html(
        f'{_THEME}<link rel="stylesheet" href="{base}/theme.css">'
        + "".join(
            f'<script defer src="{base}/{name}.js"></script>' for name in ("page", "lost", "wallet", "chart")
        ),
        shared=True,
    )
    ui.add_body_html(_SPLASH, shared=True)


async def framed(title: str, path: str, build: Callable[[Page], Awaitable[None]]) -> None:
    """Show a page; see `frame` and `filled`."""
    await filled(frame(title, path), build)


def frame(title: str, path: str) -> Page:
    """All of a page but its content, within the client that is to show it.

    Parameters
    ----------
    title
        Of the browser's tab.
    path
        Of the navigation's entry that the page belongs to.
    """
    crowd.make_room()
    client = ui.context.client
    client.title = f"{title} · decai"
    dashboard = current()
    session = Session.of(dashboard, client)
    _header(client, dashboard, session, path)
    content = box("dc-main", id="dc-content", tabindex="-1")
    page = Page(dashboard, session, client, content)
    client.on_exception(lambda error: page.say(fault_words(error)))
    with content:
        _waiting()
    with client.content, box("dc-foot", "footer"):
        text(
            "Whatever is contributed stays on the chain for ever, for everybody to see. Contribute nothing "
            "that is private."
        )
    return page


def _waiting() -> None:
    with box("dc-waiting", role="status"):
        box("dc-spinner")
        tag("span", "Loading…")


async def filled(page: Page, build: Callable[[Page], Awaitable[None]]) -> None:
    """Fill a page, once its browser is there; if `build` raises, a line says so in place of the content."""
    client = page.client
    try:
        while not client.is_deleted:
            try:
                await page.fill(page.content, lambda: build(page), page.session.connected)
                return
            except Exception:
                # Whose browser has gone meanwhile can be shown nothing; it may come back.
                if client.has_socket_connection:
                    raise
    except (asyncio.CancelledError, PageGone):
        return
    except Exception as error:
        if not client.is_deleted:
            _fill_with_fault(page, error)


def _fill_with_fault(page: Page, error: Exception) -> None:
    page.content.clear()
    with page.content:
        show_fault(error)


def show_fault(error: Exception) -> None:
    """What stands in place of a page, or of a part of it, that could not be shown."""
    heading("There is nothing here" if isinstance(error, InputError) else "This does not work just now", 1)
    note(fault_words(error), "bad", live=True)
    with box("dc-row"):
        link("Back to the models", "/", "dc-button dc-button-primary")


def fault_words(error: Exception) -> str:
    """What a person is told of an error; nobody meets a traceback."""
    if isinstance(error, DecaiError):
        return told(error)
    _log.error("unexpected", exc_info=error)
    return "Something unexpected went wrong. It was written to the server's log; nothing has been sent."


def _header(client: Client, dashboard: Dashboard, session: Session, path: str) -> None:
    with client.layout:
        header = box("dc-top", "header")
        header.move(target_index=0)
    with header:
        tag("a", "Skip to the content", "dc-skip", href="#dc-content")
        with box("dc-bar"):
            with tag("a", "", "dc-brand", href="/", aria_label="decai, to the models"):
                box("dc-mark", "span", aria_hidden="true")
                tag("span", "decai")
            with box("dc-nav", "nav", aria_label="Main"):
                _entries(path)
            AccountMenu(dashboard, session)
            icon_button("contrast", "Change between light and dark").on(
                "click", js_handler="() => window.decaiPage.turnTheme()"
            )
            with box("dc-menu", "details"):
                with tag("summary", "", "", aria_label="Menu"):
                    tag("i", "menu", "dc-icon material-icons", aria_hidden="true")
                with box(name="nav", aria_label="Main, small"):
                    _entries(path)
        PlayStrip(dashboard, session)


def _entries(path: str) -> None:
    for target, words in _NAVIGATION:
        tag("a", words, href=target, aria_current="page" if target == path else None)
