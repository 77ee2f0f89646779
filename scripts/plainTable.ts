import Table from "cli-table3";

/** A table for a terminal, where colours of the head would be noise in logs and files. */
export function plainTable(head: string[], colAligns?: Table.HorizontalAlignment[]): Table.Table {
  return new Table({ head, ...(colAligns && { colAligns }), style: { head: [], border: [], compact: true } });
}
