/** The data of a record is not that of its type; the message is for the client. */
export class RecordDataError extends Error {}
