import { createRoot } from "react-dom/client";
import Widgets from "./shared/Widgets";

createRoot(document.querySelector("#root")!).render(<Widgets />);
