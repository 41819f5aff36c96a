import { createRoot } from "react-dom/client";

const root = document.getElementById("canvas-root");
if (root) createRoot(root).render(null);
