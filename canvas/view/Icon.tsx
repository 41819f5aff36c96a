import {
  ArrowLeft, BadgeCheck, Bookmark, Calendar, CalendarClock, Check, ChevronDown, ChevronLeft, ChevronRight, CircleAlert, CircleCheck, CircleDashed, CircleHelp,
  CirclePause, CircleX, ClipboardPaste, Clock, CloudOff, Code, Copy, CornerDownRight, Ellipsis, ExternalLink, Flag, GitBranch, GripVertical, History, Hourglass, Keyboard, Link2, List,
  ListChecks, LoaderCircle, Lock, LogIn, LogOut, Mail, Map as MapIcon, Maximize, MessageCircle, MessageSquare, Minus, Monitor, Moon, MousePointerClick, MoveDown,
  Pause, Pencil, Play, Plus, Redo2, RefreshCw, Route, Search, Send, Share2, Shuffle, Smartphone, Split, Square, Tag, Target, Trash2,
  TriangleAlert, Undo2, UserCheck, UserPen, UserSearch, Users, WandSparkles, Webhook, Workflow, Wrench, X, Zap, type LucideIcon,
} from "lucide-react";
import { useEffect, useState } from "react";

const common: Record<string, LucideIcon> = {
  "arrow-left": ArrowLeft, "badge-check": BadgeCheck, bookmark: Bookmark, calendar: Calendar, "calendar-clock": CalendarClock, check: Check,
  "chevron-down": ChevronDown, "chevron-left": ChevronLeft, "chevron-right": ChevronRight, "circle-alert": CircleAlert,
  "circle-check": CircleCheck, "circle-dashed": CircleDashed, "circle-help": CircleHelp, "circle-pause": CirclePause, "circle-x": CircleX, "clipboard-paste": ClipboardPaste, clock: Clock,
  "cloud-off": CloudOff, code: Code, copy: Copy, "corner-down-right": CornerDownRight, ellipsis: Ellipsis, "external-link": ExternalLink, flag: Flag, "git-branch": GitBranch,
  "grip-vertical": GripVertical, history: History, hourglass: Hourglass, keyboard: Keyboard, link: Link2, list: List, "list-checks": ListChecks,
  loader: LoaderCircle, lock: Lock, "log-in": LogIn, "log-out": LogOut, mail: Mail, map: MapIcon, maximize: Maximize,
  "message-circle": MessageCircle, "message-square": MessageSquare, minus: Minus, monitor: Monitor, moon: Moon,
  "mouse-pointer-click": MousePointerClick, "move-down": MoveDown, pause: Pause, pencil: Pencil, play: Play, plus: Plus,
  "redo-2": Redo2, "refresh-cw": RefreshCw, route: Route, search: Search, send: Send, "share-2": Share2, shuffle: Shuffle,
  smartphone: Smartphone, split: Split, square: Square, tag: Tag, target: Target, "trash-2": Trash2, "triangle-alert": TriangleAlert,
  "undo-2": Undo2, "user-check": UserCheck, "user-pen": UserPen, "user-search": UserSearch, users: Users,
  "wand-sparkles": WandSparkles, webhook: Webhook, workflow: Workflow, wrench: Wrench, x: X, zap: Zap,
};

let rest: Record<string, LucideIcon> | null = null;

function pascal(name: string): string {
  return name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** A lucide icon by name. A step kind may name any; the rare ones come in a chunk of their own. */
export function Icon({ name, className = "size-4" }: { name: string; className?: string }) {
  const [, arrived] = useState(false);
  const known = common[name] ?? rest?.[pascal(name)];
  useEffect(() => {
    if (known || rest) return;
    let here = true;
    void import("./allIcons").then(({ icons }) => {
      rest = icons as Record<string, LucideIcon>;
      if (here) arrived(true);
    });
    return () => { here = false; };
  }, [known]);
  const Shape = known ?? CircleHelp;
  return <Shape className={`ic ${className}`} strokeWidth={1.85} aria-hidden="true" focusable="false" />;
}

export function Tile({ icon, tone, small = false }: { icon: string; tone: string; small?: boolean }) {
  return (
    <span className={small ? "gm-tile gm-tile--sm" : "gm-tile"} data-cat={tone}>
      <Icon name={icon} />
    </span>
  );
}
