// What communication leaves behind until it is complete: a send or a receive under way. Entries give those that outlive their call a handle.

/** What a send sends. */
export interface Message {
  /** A rank of the job. */
  readonly to: number;
  readonly context: number;
  readonly tag: number;
  /** Where its bytes stand: in the rank's memory, or packed in one of ours, at `address`. */
  readonly from: Uint8Array | undefined;
  readonly address: number;
  readonly bytes: number;
  /** What a packet says of it: see PACKET. */
  readonly kind: number;
  /** By which the receiver names it; 0: it hears of it no more. */
  readonly id: number;
  /** Frees what it was packed into. */
  readonly onDone: (() => void) | undefined;
}

/** A send under way. */
export class Send {
  isDone = false;
  /** The next one to the same rank for which there was no room. */
  next: Send | undefined;
  readonly message: Message;

  constructor(message: Message) {
    this.message = message;
  }
}

/** A receive under way. */
export class Receive {
  isDone = false;
  /** Of the job; ANY. */
  source = 0;
  tag = 0;
  context = 0;
  /** Where the message goes: the first byte of the first element, and how many bytes there is room for. */
  address = 0;
  capacity = 0;
  /** Unpacks what does not stand in one piece; undefined: it does, from `address` on. */
  unpack: ((from: Uint8Array, at: number, bytes: number) => void) | undefined;
  /** What came. */
  gotSource = 0;
  gotTag = 0;
  gotBytes = 0;
  isCancelled = false;
  /** More came than there was room for. */
  isTruncated = false;
  /** When it was posted, among all of the rank. */
  order = 0;
  next: Receive | undefined;
}

/** A message that has come before its receive: its bytes, or where they wait. */
export interface Unexpected {
  next: Unexpected | undefined;
  /** A rank of the job. */
  readonly source: number;
  readonly tag: number;
  readonly bytes: number;
  /** PACKET.eager or PACKET.ready. */
  readonly kind: number;
  /** Of the send. */
  readonly id: number;
  readonly address: number;
  readonly payload: Uint8Array | undefined;
  /** When it came, among all of the rank. */
  readonly order: number;
}
