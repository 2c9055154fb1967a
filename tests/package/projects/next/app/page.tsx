// A server component may import the element, too.
import { AttentiveWriter } from "attentive-writer/element";
import Widgets from "../shared/Widgets";

export default function Page() {
  return (
    <main data-server={typeof AttentiveWriter}>
      <Widgets />
    </main>
  );
}
