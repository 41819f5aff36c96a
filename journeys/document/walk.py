"""Going along the roads of a document: what is reachable, in which order, and which rings it holds."""

from collections.abc import Callable, Iterator

from journeys.document.shape import Document


def reachable(document: Document) -> set[str]:
    """The steps that some trigger leads to."""
    seen: set[str] = set()
    open_ = [t.next for t in document.triggers.values() if t.next in document.steps]
    while open_:
        key = open_.pop()
        if key is None or key in seen:
            continue
        seen.add(key)
        open_ += [target for target in document.steps[key].next.values() if target in document.steps]
    return seen


def order(document: Document) -> dict[str, int]:
    """A rank for every step, so that (rings aside) a step's rank is above that of all that lead to it.

    The engine runs lower ranks first: people who took different roads to one step are then run there together.
    """
    done: list[str] = []
    seen: set[str] = set()
    starts = [t.next for t in document.triggers.values() if t.next in document.steps] + list(document.steps)
    for start in starts:
        if start is None or start in seen:
            continue
        seen.add(start)
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(document.steps[start].next.values()))]
        while stack:
            key, following = stack[-1]
            for target in following:
                if target in document.steps and target not in seen:
                    seen.add(target)
                    stack.append((target, iter(document.steps[target].next.values())))
                    break
            else:
                stack.pop()
                done.append(key)
    return {key: rank for rank, key in enumerate(reversed(done))}


def rings(document: Document, stops: Callable[[str], bool]) -> list[list[str]]:
    """The groups of steps that lead back to themselves without passing a step for which `stops` holds."""
    graph = {
        key: [t for t in step.next.values() if t in document.steps and not stops(t)]
        for key, step in document.steps.items()
        if not stops(key)
    }
    place = {key: index for index, key in enumerate(document.steps)}
    return [
        sorted(group, key=place.__getitem__)
        for group in components(graph)
        if len(group) > 1 or group[0] in graph[group[0]]
    ]


def components(graph: dict[str, list[str]]) -> list[list[str]]:
    """Tarjan's strongly connected components, those further on first. Without recursion: documents are long."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            key, following = work[-1]
            for target in following:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(graph[target])))
                    break
                if target in on_stack:
                    low[key] = min(low[key], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == index[key]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == key:
                            break
                    found.append(group)
    return found
