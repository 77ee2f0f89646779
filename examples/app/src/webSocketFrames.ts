// Pure: the frames of a WebSocket (RFC 6455, section 5), as far as an echo needs them.

export const opcodes = { close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  /** The last one of its message. */
  readonly isLast: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Bytes that a peer may send in one frame. */
const mostBytes = 65_536;

/** What the peer did wrong, with the code of the close frame that tells it. */
export class BadFrame extends Error {
  constructor(
    readonly code: 1002 | 1009,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The first frame of what has arrived, and what follows it; undefined: it is not whole yet.
 *
 * @throws BadFrame for a longer one than a peer may send
 */
export function readFrame(arrived: Buffer): { readonly frame: Frame; readonly rest: Buffer } | undefined {
  const [first, second] = arrived;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  if (short === 127) throw new BadFrame(1009, `a frame may have ${mostBytes} bytes`);
  const sizeBytes = short === 126 ? 2 : 0;
  const maskBytes = (second & 0x80) === 0 ? 0 : 4;
  const head = 2 + sizeBytes + maskBytes;
  if (arrived.length < head) return undefined;
  const size = sizeBytes === 0 ? short : arrived.readUInt16BE(2);
  if (arrived.length < head + size) return undefined;
  const mask = arrived.subarray(head - maskBytes, head);
  const payload = Buffer.from(arrived.subarray(head, head + size));
  if (maskBytes > 0) for (const [n, byte] of payload.entries()) payload[n] = byte ^ (mask[n % 4] ?? 0);
  return {
    frame: { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload },
    rest: arrived.subarray(head + size),
  };
}

/** @param mask four bytes, which a client must have and a server must not @default - none */
export function writeFrame({ isLast, opcode, payload }: Frame, mask?: Buffer): Buffer {
  const size = payload.length;
  if (size >= mostBytes) throw new RangeError(`a frame may have less than ${mostBytes} bytes, got ${size}`);
  const masked = mask === undefined ? 0 : 0x80;
  const first = (isLast ? 0x80 : 0) | opcode;
  const head =
    size < 126
      ? Buffer.from([first, masked | size])
      : Buffer.from([first, masked | 126, size >> 8, size & 0xff]);
  if (mask === undefined) return Buffer.concat([head, payload]);
  const hidden = Buffer.from(payload);
  for (const [n, byte] of hidden.entries()) hidden[n] = byte ^ (mask[n % 4] ?? 0);
  return Buffer.concat([head, mask, hidden]);
}

/** Tells the other side why there is no more. */
export function closeFrame(code: number): Buffer {
  return writeFrame({ isLast: true, opcode: opcodes.close, payload: Buffer.from([code >> 8, code & 0xff]) });
}
