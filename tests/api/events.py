"""A migration's events by a WebSocket, read by the PyPI package `websockets`, which knows nothing of the gateway: the same events
as by server-sent events, from any of them on, and what is refused or ends."""
import asyncio
import json
import urllib.request

import websockets

PROTOCOL = "datamigrate.events.v1"


def server_sent(base, path, token):
    """The data of each event but the last, which says that they end."""
    request = urllib.request.Request(f"{base}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        events = answer.read().decode().split("\n\n")
    data = [line[6:] for event in events for line in event.split("\n") if line.startswith("data: ")]
    if data[-1] != "{}":
        raise AssertionError("the events did not end")
    return [json.loads(one) for one in data[:-1]]


async def messages(url, **options):
    """All messages, and the code that the gateway closed with."""
    async with websockets.connect(url, open_timeout=30, **options) as socket:
        if options.get("subprotocols") and socket.subprotocol != PROTOCOL:
            raise AssertionError(f"the gateway chose {socket.subprotocol}")
        got = [json.loads(message) async for message in socket]
        return got, socket.close_code


async def status_of_refusal(url, **options):
    try:
        async with websockets.connect(url, open_timeout=30, **options):
            return 101
    except websockets.exceptions.InvalidStatus as refused:
        return refused.response.status_code


async def close_code_after(url, message, **options):
    async with websockets.connect(url, open_timeout=30, **options) as socket:
        await socket.send(message)
        await socket.wait_closed()
        return socket.close_code


async def check(base, path, waiting, token):
    url = base.replace("http:", "ws:") + path
    bearer = {"additional_headers": {"Authorization": f"Bearer {token}"}}
    expected = await asyncio.to_thread(server_sent, base, path, token)
    by_header = await messages(url, **bearer)
    by_protocol = await messages(url, subprotocols=[PROTOCOL, f"bearer.{token}"])
    rest = await messages(f"{url}?after={expected[1]['sequence']}", **bearer)
    waiting_url = base.replace("http:", "ws:") + waiting
    found = {
        "the same events": by_header == (expected, 1000),
        "with a token as subprotocol": by_protocol == (expected, 1000),
        "from an event on": rest == (expected[2:], 1000),
        "no credential": await status_of_refusal(url) == 401,
        "a wrong token": await status_of_refusal(url, subprotocols=[PROTOCOL, "bearer.x.y.z"]) == 401,
        "no such migration": await status_of_refusal(
            url.replace(path, "/api/v1/migrations/00000000-0000-4000-8000-000000000000/events"), **bearer) == 404,
        "a client that speaks": await close_code_after(waiting_url, "hello", **bearer) == 1003,
        "a client that speaks much": await close_code_after(waiting_url, "x" * 100000, **bearer) == 1009,
    }
    return [what for what, is_so in found.items() if not is_so]
