// The board: cards and roads on React Flow. The document is the truth; React Flow holds what is being dragged.
import {
  applyNodeChanges, Background, BackgroundVariant, MiniMap, ReactFlow, useReactFlow, useStore as useFlow, type Connection, type EdgeChange,
  type FinalConnectionState, type Node, type NodeChange, type ReactFlowState,
} from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent, type MouseEvent } from "react";
import { isTrigger, linksInto, nodeOf, targetOf } from "../graph/document";
import { rectAt, type Rect } from "../graph/geometry";
import { pathOrder } from "../graph/order";
import { roadsOf, type Road } from "../graph/roads";
import { useEditorState, useTools } from "../state/context";
import { CanvasBars } from "./CanvasBars";
import { dropTarget, KIND_TYPE, readKind } from "./dragging";
import { BandEdge, RoadEdge, type BandEdgeType, type RoadEdgeType } from "./RoadEdge";
import { StepCard, type CardNode, type Detail } from "./StepCard";

const nodeTypes = { step: StepCard };
const edgeTypes = { road: RoadEdge, band: BandEdge };
/** From here on only cards in view are drawn. */
const MANY = 150;
const MINIMAP = { width: 138, height: 140 };
const ORIGIN: [number, number] = [0.5, 0];
/** The outline says where a road leads; React Flow would say "Edge from t1 to b1", in English. */
const UNSPOKEN = { domAttributes: { "aria-hidden": true, "aria-label": undefined } } as const;

const detailOf = (state: ReactFlowState): Detail =>
  state.transform[2] >= 0.745 ? "full" : state.transform[2] >= 0.445 ? "small" : "tile";

export const sizeVars: Record<string, string> = {
  entry: "var(--gm-entry-ink)", message: "var(--gm-message-ink)", decide: "var(--gm-decide-ink)", data: "var(--gm-data-ink)", flow: "var(--gm-ink-3)",
};

function still(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function Canvas() {
  const { editor, test } = useTools();
  const { t } = editor;
  const doc = useEditorState((state) => state.history.present.doc);
  const cards = useEditorState((state) => state.history.present.cards);
  const problems = useEditorState((state) => state.problems);
  const selection = useEditorState((state) => state.selection);
  const road = useEditorState((state) => state.road);
  const testing = useEditorState((state) => state.testing);
  const editable = useEditorState((state) => state.journey.can_edit && !state.testing);
  const reveal = useEditorState((state) => state.reveal);
  const fit = useEditorState((state) => state.fit);
  const detail = useFlow(detailOf);
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const [nodes, setNodes] = useState<CardNode[]>([]);
  const [connecting, setConnecting] = useState(false);
  // Until the first fitting nothing is shown that a press could miss.
  const [opening, setOpening] = useState(true);

  useEffect(() => {
    const rects = editor.rects();
    const chosen = new Set(selection);
    setNodes((old) => {
      const before = new Map(old.map((node) => [node.id, node]));
      // In path order, so that Tab walks the journey as a person does.
      return pathOrder(doc, cards).map((id) => {
        const { cx, y, w, h } = rects.get(id)!;
        const node = before.get(id);
        const selected = chosen.has(id);
        if (node && node.position.x === cx && node.position.y === y && node.width === w && node.height === h
          && node.selected === selected && node.data.detail === detail) return node;
        return { ...node, id, type: "step" as const, position: { x: cx, y }, width: w, height: h, selected, zIndex: 2, data: { detail } };
      });
    });
  }, [doc, cards, problems, selection, detail, editor]);

  const roads = useRoads(nodes);
  const drawn = useRef(roads);
  drawn.current = roads;
  const edges = useMemo(() => {
    const lines: RoadEdgeType[] = roads.map((one) => ({
      id: one.id, type: "road", source: one.from, sourceHandle: one.outlet, target: one.to, data: { road: one },
      selected: one.id === road, zIndex: 1, focusable: false, ...UNSPOKEN,
    }));
    const bands: BandEdgeType[] = roads.map((one) => ({
      id: `${one.id}\u0000band`, type: "band", source: one.from, sourceHandle: one.outlet, target: one.to, data: { road: one },
      selectable: false, focusable: false, zIndex: 0, ...UNSPOKEN,
    }));
    return [...bands, ...lines];
  }, [roads, road]);

  const onNodesChange = useCallback((changes: NodeChange<CardNode>[]) => {
    const chosen = changes.filter((change) => change.type === "select");
    if (chosen.length) {
      const next = new Set(editor.state.selection);
      for (const change of chosen) if (change.selected) next.add(change.id); else next.delete(change.id);
      editor.select([...next]);
    }
    const moved = changes.filter((change) => change.type !== "select" && change.type !== "remove");
    if (moved.length) setNodes((old) => applyNodeChanges(moved, old));
  }, [editor]);

  const onEdgesChange = useCallback((changes: EdgeChange<RoadEdgeType | BandEdgeType>[]) => {
    for (const change of changes) {
      if (change.type !== "select") continue;
      if (change.selected) editor.store.set({ road: change.id });
      else if (editor.state.road === change.id) editor.store.set({ road: null });
    }
  }, [editor]);

  const moved = useCallback((event: MouseEvent | TouchEvent | globalThis.MouseEvent, node: Node, all: Node[]) => {
    const at = "clientX" in event ? { x: event.clientX, y: event.clientY } : null;
    const onto = at && all.length === 1 ? dropTarget(at.x, at.y, node.id) : null;
    const loose = onto && !isTrigger(editor.doc, node.id) && linksInto(editor.doc, node.id).length === 0
      && !Object.values(editor.doc.steps[node.id]?.next ?? {}).some(Boolean);
    if (onto && loose) {
      editor.moveOnto(node.id, onto.from, onto.outlet);
      return;
    }
    const places = Object.fromEntries(all.flatMap((one) => {
      const old = editor.doc.layout?.[one.id];
      return old && old[0] === Math.round(one.position.x) && old[1] === Math.round(one.position.y)
        ? [] : [[one.id, [one.position.x, one.position.y] as [number, number]]];
    }));
    if (Object.keys(places).length) editor.moveCards(places);
  }, [editor]);

  const valid = useCallback((connection: { source: string; target: string }) =>
    connection.source !== connection.target && connection.target in editor.doc.steps, [editor]);

  const connectEnd = useCallback((_event: unknown, connection: FinalConnectionState) => {
    setConnecting(false);
    if (connection.isValid || connection.toNode || !connection.fromHandle?.id || !connection.fromNode) return;
    editor.choose({ kind: "add", from: connection.fromNode.id, outlet: connection.fromHandle.id });
  }, [editor]);

  // Show and focus a card that another pane asked for.
  useEffect(() => {
    if (!reveal) return;
    const rect = editor.rects().get(reveal.key);
    const frame = box.current?.getBoundingClientRect();
    if (!rect || !frame) return;
    const zoom = flow.getZoom();
    const corner = flow.flowToScreenPosition({ x: rect.x, y: rect.y });
    const inside = corner.x > frame.left + 8 && corner.x + rect.w * zoom < frame.right - 8
      && corner.y > frame.top + 52 && corner.y + rect.h * zoom < frame.bottom - 40;
    if (!inside) void flow.setCenter(rect.cx, rect.y + rect.h / 2, { zoom: Math.max(zoom, 0.75), duration: still() ? 0 : 180 });
    // A card that was out of view is drawn only once the view has moved there. Who has gone elsewhere meanwhile stays there.
    const before = document.activeElement;
    let tries = 0;
    const timer = setInterval(() => {
      const now = document.activeElement;
      if (now !== before && now !== document.body) return clearInterval(timer);
      const card = document.querySelector<HTMLElement>(`.gm-canvas [data-card="${CSS.escape(reveal.key)}"]`);
      card?.focus({ preventScroll: true });
      if (card || (tries += 1) > 10) clearInterval(timer);
    }, 50);
    return () => clearInterval(timer);
  }, [reveal, editor, flow]);

  // True from fitting until the person moves the view herself: then a change of the panes fits again.
  const fitted = useRef(true);
  const fitAll = useCallback((whole: boolean, smooth = true) => {
    const frame = box.current?.getBoundingClientRect();
    const rects = [...editor.rects().values()];
    if (!frame || !frame.width || !rects.length) return;
    // Roads that go round the outside count too, with half a label.
    const lanes = drawn.current.map((one) => one.lx);
    const left = Math.min(...rects.map((r) => r.x), ...lanes.map((x) => x - 56));
    const right = Math.max(...rects.map((r) => r.x + r.w), ...lanes.map((x) => x + 56));
    const top = Math.min(...rects.map((r) => r.y));
    const bottom = Math.max(...rects.map((r) => r.y + r.h)) + (editor.looseEnd() ? 36 : 0);
    const exact = Math.min((frame.width - 48) / (right - left), (frame.height - 40) / (bottom - top), 1);
    const zoom = Math.max(exact, whole ? 0.05 : 0.75);
    const fits = (bottom - top) * zoom <= frame.height - 36;
    fitted.current = true;
    void flow.setViewport({
      x: frame.width / 2 - ((left + right) / 2) * zoom,
      y: (fits ? Math.min(56, (frame.height - (bottom - top) * zoom) / 2) : 24) - top * zoom,
      zoom,
    }, { duration: still() || !smooth ? 0 : 180 });
  }, [editor, flow]);

  const first = useRef(true);
  useEffect(() => {
    // The frame has its new size only after the panes around it have changed.
    const opening = first.current;
    first.current = false;
    const timer = setTimeout(() => {
      fitAll(testing || !opening, !opening);
      setOpening(false);
    }, opening ? 0 : 40);
    return () => clearTimeout(timer);
  }, [fit, testing, fitAll]);

  useEffect(() => {
    const frame = box.current;
    if (!frame) return;
    let width = frame.clientWidth;
    const watch = new ResizeObserver(() => {
      const change = frame.clientWidth - width;
      width = frame.clientWidth;
      if (!change) return;
      if (fitted.current) fitAll(false, false);
      else {
        const { x, y, zoom } = flow.getViewport();
        void flow.setViewport({ x: x + change / 2, y, zoom });
      }
    });
    watch.observe(frame);
    return () => watch.disconnect();
  }, [fitAll, flow]);

  const dragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(KIND_TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    dropTarget(event.clientX, event.clientY, null, true);
  };
  const drop = (event: DragEvent) => {
    const dragged = readKind(event.dataTransfer);
    const onto = dropTarget(event.clientX, event.clientY, null);
    if (!dragged) return;
    event.preventDefault();
    const kind = editor.kindOf(dragged.kind, dragged.trigger);
    if (!kind) return;
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    if (dragged.trigger) editor.addTrigger(kind, [at.x, at.y - 24]);
    else editor.addStep(kind, onto ?? { at: [at.x, at.y - 24] });
  };

  return (
    <div ref={box} className="gm-canvas gm-board" data-detail={testing ? "small" : detail} data-connecting={connecting || undefined} data-opening={opening || undefined} role="region" aria-label={t("canvas_label")} tabIndex={-1} onDragOver={dragOver} onDrop={drop}>
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} nodeOrigin={ORIGIN}
        onNodesChange={onNodesChange} onEdgesChange={onEdgesChange} onNodeDragStop={moved}
        onConnect={(connection: Connection) => connection.sourceHandle && editor.connect(connection.source, connection.sourceHandle, connection.target)}
        onConnectStart={() => setConnecting(true)} onConnectEnd={connectEnd} isValidConnection={valid} connectionRadius={32}
        onPaneClick={() => editor.store.set({ selection: [], road: null, panel: editor.state.panel?.kind === "inspector" ? null : editor.state.panel })}
        onMoveStart={(event) => { if (event) fitted.current = false; }}
        nodesDraggable={editable} nodesConnectable={editable} elementsSelectable={!testing} nodesFocusable={false} edgesFocusable={false}
        disableKeyboardA11y deleteKeyCode={null} selectionKeyCode="Shift" multiSelectionKeyCode={["Meta", "Control", "Shift"]}
        onlyRenderVisibleElements={nodes.length > MANY} minZoom={0.05} maxZoom={1.75} nodeDragThreshold={4} paneClickDistance={4} zoomOnDoubleClick={false} panOnScroll selectNodesOnDrag={false}
        proOptions={{ hideAttribution: false }} ariaLabelConfig={{ "minimap.ariaLabel": t("minimap") }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={2} color="var(--gm-canvas-dot)" bgColor="var(--gm-canvas)" />
        {!testing && (
          <MiniMap
            className="gm-minimap" style={MINIMAP} pannable zoomable position="bottom-right" nodeBorderRadius={6} ariaLabel={t("minimap")}
            nodeColor={(node) => {
              if (editor.state.problems.some((problem) => problem.step === node.id && problem.severity === "error")) return "var(--color-error)";
              return node.selected ? "var(--color-primary)" : sizeVars[editor.cards[node.id]?.tone ?? "flow"]!;
            }}
            maskColor="color-mix(in oklab, var(--gm-canvas) 62%, transparent)" maskStrokeColor="var(--color-primary)" maskStrokeWidth={3}
          />
        )}
      </ReactFlow>
      <CanvasBars onFit={() => fitAll(true)} test={test} />
    </div>
  );
}

/** Roads for where the cards are now, also in the middle of a drag; unchanged roads keep their identity. */
function useRoads(nodes: CardNode[]): Road[] {
  const { editor } = useTools();
  const doc = useEditorState((state) => state.history.present.doc);
  const cards = useEditorState((state) => state.history.present.cards);
  const last = useRef(new Map<string, Road>());
  return useMemo(() => {
    const rects = new Map<string, Rect>();
    for (const node of nodes) {
      if (nodeOf(doc, node.id)) {
        rects.set(node.id, rectAt([node.position.x, node.position.y], { w: node.width ?? 264, h: node.height ?? 77 }));
      }
    }
    const fresh = roadsOf(doc, cards, rects).filter((road) => targetOf(editor.doc, road.from, road.outlet) === road.to);
    const kept = new Map<string, Road>();
    for (const road of fresh) {
      const old = last.current.get(road.id);
      kept.set(road.id, old && old.d === road.d && old.to === road.to && old.label === road.label && old.share === road.share ? old : road);
    }
    last.current = kept;
    return [...kept.values()];
  }, [nodes, doc, cards, editor]);
}
