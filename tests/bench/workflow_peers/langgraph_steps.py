"""Steps a second of LangGraph's ten-node graph with its PostgreSQL checkpointer: one process for each worker.

langgraph_steps.py URL WORKERS RUNS async|sync

`async`: as LangGraph ships, a node runs while the checkpoint before it is written; `sync`: it waits. Prints one line of JSON.
"""
import json
import multiprocessing
import sys
import time
from typing import TypedDict

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import END, START, StateGraph
from psycopg.rows import dict_row

NODES = 10


class State(TypedDict):
    count: int
    text: str


def connect(url):
    return psycopg.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row)


def ten_nodes(saver):
    graph = StateGraph(State)
    names = [f"n{number}" for number in range(1, NODES + 1)]
    for name in names:
        graph.add_node(name, lambda state: {"count": state["count"] + 1})
    for before, after in zip([START, *names], [*names, END]):
        graph.add_edge(before, after)
    return graph.compile(checkpointer=saver)


def work(url, worker, runs, durability, barrier):
    with connect(url) as connection:
        graph = ten_nodes(PostgresSaver(connection))
        start = {"count": 0, "text": "a" * 1024}
        graph.invoke(start, {"configurable": {"thread_id": f"{worker}-warm"}}, durability=durability)
        barrier.wait()
        for run in range(runs):
            end = graph.invoke(start, {"configurable": {"thread_id": f"{worker}-{run}"}}, durability=durability)
            assert end["count"] == NODES
        barrier.wait()


def main():
    url, workers, runs, durability = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    with connect(url) as connection:
        PostgresSaver(connection).setup()
    barrier = multiprocessing.Barrier(workers + 1)
    processes = [multiprocessing.Process(target=work, args=(url, worker, runs // workers, durability, barrier))
                 for worker in range(workers)]
    for process in processes:
        process.start()
    barrier.wait()
    begin = time.monotonic()
    barrier.wait()
    seconds = time.monotonic() - begin
    for process in processes:
        process.join()
    steps = runs // workers * workers * NODES
    print(json.dumps({"steps": steps, "seconds": seconds, "per_second": steps / seconds}))


if __name__ == "__main__":
    main()
