/** Lengths of the map in pixels. The lines of a card have these heights in page.css too. */
export const sizes = {
  margin: 16,
  /** Space inside of a band, on each side. */
  band: 16,
  header: 40,
  card: {
    least: 216,
    most: 320,
    /** All of a card without the lines of its private networks. */
    head: 104,
    line: 20,
    /** Middle of the line that names the public address, from the top of the card. */
    publicLine: 64,
    firstPrivateLine: 84,
  },
  /** Between two cards. */
  gutter: 44,
  /** A flag on a card or a volume below it. */
  tab: 26,
  row: 20,
  router: 36,
  /** A flag or volume in a shelf. */
  chip: 232,
};
