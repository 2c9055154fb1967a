// Opened from disk no module runs: this alone can say so. It is no module, and no part of the page, since a careful host
// lets no script of a page's own run.
if (location.protocol === "file:") {
  document.getElementById("disk").hidden = false;
  /** @type {HTMLAnchorElement} */ (document.getElementById("single")).href = "../target/attentive-writer.html";
}
