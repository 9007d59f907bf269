"""Searches a niche as an agent would: asks the price, accepts it, waits, reads the best products.

    ARBITRAGEVAULT_TOKEN=arb_… python mcp_client.py http://127.0.0.1:8000/mcp --category Books

Needs Python 3.11 and ``pip install mcp``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


class Refused(Exception):
    """A tool answered that it cannot; the sentence says why."""


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers."""
    result = await client.call_tool(tool, arguments)
    answer: dict[str, Any] = result.structured_content
    if result.is_error:
        raise Refused(answer["error"]["detail"])
    return answer


async def search(client: Client, asked: dict[str, Any], most: int) -> dict[str, Any]:
    """The run of a search that costs at most so many tokens."""
    answer = await call(client, "search_niche", **asked, wait=20)
    if quote := answer.get("quote"):
        print(f"It costs {quote['tokens_at_least']} to {quote['tokens_at_most']} tokens.")
        if quote["tokens_at_most"] > most:
            raise Refused(f"That is more than {most}.")
        confirmed = asked | {"confirmation": quote["confirmation"], "wait": 20}
        answer = await call(client, "search_niche", **confirmed)
    run: dict[str, Any] = answer["run"]
    while not run["is_finished"]:
        run = (await call(client, "get_run", run_id=run["id"], wait=20))["run"]
    return run


async def main(url: str, category: str, marketplace: str, most: int, mode: str) -> None:
    """Search, and print the best."""
    headers = {"Authorization": f"Bearer {os.environ['ARBITRAGEVAULT_TOKEN']}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        tools = (await client.list_tools()).tools
        print(f"{len(tools)} tools: {', '.join(tool.name for tool in tools)}")
        question = {"categories": [category], "bsr_range": [10_000, 50_000]}
        asked = {"question": question, "marketplace": marketplace, "max_results": 10}
        run = await search(client, asked, most)
        print(f"{run['title']}: {run['state']}, {run['tokens_spent']} tokens spent")
        answer = await call(client, "list_results", run_id=run["id"], limit=5)
        for product in answer["results"]:
            print(f"{product['verdict']:<11} {product['asin']} {product['title']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--category", default="Books")
    parser.add_argument("--marketplace", default="us")
    parser.add_argument("--most", type=int, default=200, help="tokens")
    parser.add_argument("--mode", default="auto", help="auto, or legacy for the handshake")
    given = parser.parse_args()
    asyncio.run(main(given.url, given.category, given.marketplace, given.most, given.mode))
