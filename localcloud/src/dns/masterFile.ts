// The lexical form of master files (RFC 1035, section 5.1): words, quoted strings, comments, parentheses. Own
// code, because the npm packages for it skip what they cannot read or drop the comments, which Hetzner imports.

/** One entry of a master file; parentheses may spread it over several lines of text. */
export interface Line {
  /** Of its first line of text, from 1. */
  readonly number: number;
  /** Begins with a blank: the owner is that of the line before. */
  readonly indented: boolean;
  /** As written, quotes and escapes included. */
  readonly words: readonly string[];
  readonly comment: string | null;
  /** Whether parentheses were used. */
  readonly grouped: boolean;
}

/** The text is no master file; the message names the line. */
export class MasterFileError extends Error {}

const control = /(?![\t\r\n])\p{Cc}/u;
const tokenForm =
  /(?<newline>\r?\n)|(?<blank>[ \t]+)|;(?<comment>[^\r\n]*)|(?<bracket>[()])|(?<word>(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[^\s;()"\\]+|\\[^\r\n])+)/y;

/** @throws MasterFileError on control characters, open quotes and unbalanced parentheses */
export function readLines(text: string): Line[] {
  if (control.test(text)) throw new MasterFileError("control characters are not allowed");
  const lines: Line[] = [];
  let words: string[] = [];
  let comments: string[] = [];
  let [number, started, depth, indented, grouped, begin] = [1, 1, 0, false, false, true];
  const end = () => {
    if (words.length > 0) {
      lines.push({ number: started, indented, words, comment: comments.join(" ") || null, grouped });
    }
    [words, comments, started, indented, grouped, begin] = [[], [], number, false, false, true];
  };
  const token = new RegExp(tokenForm);
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text)?.groups;
    if (found === undefined) throw new MasterFileError(`line ${number}: unexpected ${quoted(text, at)}`);
    if (found.newline !== undefined) {
      number++;
      if (depth === 0) end();
    } else if (found.comment !== undefined) {
      if (words.length > 0) comments.push(found.comment.trim());
    } else if (found.bracket !== undefined) {
      depth += found.bracket === "(" ? 1 : -1;
      if (depth < 0) throw new MasterFileError(`line ${number}: a parenthesis is closed that was not opened`);
      grouped = true;
    } else if (found.word !== undefined) {
      words.push(found.word);
    } else if (begin) {
      indented = true;
    }
    if (found.newline === undefined) begin = false;
  }
  if (depth > 0) throw new MasterFileError(`line ${started}: a parenthesis is not closed`);
  end();
  return lines;
}

const quoted = (text: string, at: number) =>
  text[at] === '"' ? "open quote" : JSON.stringify(text[at] ?? "end of text");

/**
 * The words of one record's data.
 *
 * @throws MasterFileError when the text is more than words on one line
 */
export function readWords(value: string): readonly string[] {
  if (/[\r\n]/.test(value)) throw new MasterFileError("line breaks are not allowed");
  const [line] = readLines(value);
  if (line === undefined) throw new MasterFileError("must not be empty");
  if (line.grouped || value.length !== withoutComment(value)) {
    throw new MasterFileError("comments and parentheses are not allowed outside of quotes");
  }
  return line.words;
}

/** Length of the text up to its comment, an empty one included. */
function withoutComment(value: string): number {
  const rest = value.replaceAll(/"(?:[^"\\]|\\.)*"|\\./g, (match) => "x".repeat(match.length));
  const at = rest.indexOf(";");
  return at < 0 ? value.length : at;
}

/** The octets of a character string, quoted or not; null when an escape is wrong. */
export function octetsOf(word: string): Buffer | null {
  const text = isQuoted(word) ? word.slice(1, -1) : word;
  const parts: Buffer[] = [];
  for (const [part] of text.matchAll(/\\[0-9]{3}|\\.|[^\\]+/gsu)) {
    if (!part.startsWith("\\")) parts.push(Buffer.from(part));
    else if (!/^\\[0-9]/.test(part)) parts.push(Buffer.from(part.slice(1)));
    else if (part.length === 4 && Number(part.slice(1)) <= 255) parts.push(Buffer.of(Number(part.slice(1))));
    else return null;
  }
  return Buffer.concat(parts);
}

export const isQuoted = (word: string) => /^"(?:[^"\\]|\\.)*"$/s.test(word);

/** Octets as a quoted character string of printable ASCII. */
export function quote(octets: Buffer): string {
  const text = [...octets].map((octet) => {
    const character = String.fromCharCode(octet);
    if (character === '"' || character === "\\") return `\\${character}`;
    return octet >= 0x20 && octet <= 0x7e ? character : `\\${String(octet).padStart(3, "0")}`;
  });
  return `"${text.join("")}"`;
}
