/**
 * How long something still takes: `42 s`, `3 min 5 s`, `2 h 3 min`.
 *
 * @param {string} ends ISO 8601
 * @param {number} now milliseconds since 1970, by the daemon's clock
 */
export function remaining(ends, now) {
  const seconds = Math.max(0, Math.ceil((Date.parse(ends) - now) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Time of the day where the reader is.
 *
 * @param {string} time ISO 8601
 */
export function clock(time) {
  const date = new Date(time);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
