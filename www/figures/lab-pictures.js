// Pictures that the lab answers with.

/** What of a picture goes to the page. */
export const plain = ({ width, height, data }) => ({ width, height, data });

/** A finished run's digits, in rows of so many; the run is freed. */
export function finished(run, columns, ink) {
  run.seek(run.glimpses);
  const image = plain(run.picture(columns, ink));
  run.free();
  return image;
}
