/** Text that is markup already. */
export interface Markup {
  readonly markup: string;
}

/** Template tag that escapes every value except markup and lists of markup. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  const markup = parts.reduce((text, part, index) => text + rendered(values[index - 1]) + part);
  return { markup };
}

function rendered(value: unknown): string {
  if (Array.isArray(value)) return value.map(rendered).join("");
  if (isMarkup(value)) return value.markup;
  return escaped(String(value ?? ""));
}

function isMarkup(value: unknown): value is Markup {
  return typeof value === "object" && value !== null && "markup" in value;
}

function escaped(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
