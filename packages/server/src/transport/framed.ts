import type { Duplex } from 'node:stream';
import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { FramedWire } from '../domain/wire.ts';
import type { HttpSettings } from './httpOptions.ts';
import type { Holding, Intake } from './intake.ts';

/** Frames of one connection that are answered at the same time; more wait in the socket. */
const inFlightMax = 32;

export interface FramedSpeaker {
  readonly magic: string;
  take(socket: Duplex): void;
  /** Takes no new frame, lets those under way finish for `graceMs`, then cuts off. */
  close(graceMs: number): Promise<void>;
}

export interface FramedOptions {
  readonly wire: FramedWire;
  readonly settings: HttpSettings;
  readonly intake: Intake;
}

/** A protocol of length-prefixed frames over connections that the doorway hands in. */
export function openFramed({ wire, settings, intake }: FramedOptions): FramedSpeaker {
  const open = new Map<Duplex, Promise<void>>();
  const closing = new AbortController();
  return {
    magic: wire.magic,
    take(socket) {
      const serving = serve(wire, socket, settings, intake, closing.signal)
        .catch((error) => {
          if (!(error instanceof Fault)) publish('segserve:defect', { where: `frames of ${wire.magic}`, error });
        })
        .finally(() => {
          socket.destroy();
          open.delete(socket);
        });
      open.set(socket, serving);
    },
    async close(graceMs) {
      closing.abort();
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy();
      }, graceMs);
      await Promise.all(open.values());
      clearTimeout(timer);
    },
  };
}

async function serve(
  wire: FramedWire,
  socket: Duplex,
  settings: HttpSettings,
  intake: Intake,
  closing: AbortSignal,
): Promise<void> {
  const leaving = new AbortController();
  socket.on('error', () => leaving.abort()).on('close', () => leaving.abort());
  const reader = new FrameReader(wire, socket, settings, intake, closing);
  const answering = new Set<Promise<void>>();
  for await (const { frame, release } of reader.frames()) {
    const answer = wire
      .handle(frame, leaving.signal)
      .then((reply) => {
        if (reply !== undefined && socket.writable) socket.write(reply);
      })
      .catch((error) => {
        publish('segserve:defect', { where: `frames of ${wire.magic}`, error });
        socket.destroy(); // Nobody could tell which frame went without an answer.
      })
      .finally(() => {
        release();
        answering.delete(answer);
      });
    answering.add(answer);
    if (answering.size >= inFlightMax) await Promise.race(answering);
  }
  await Promise.all(answering);
  await new Promise<void>((resolve) => socket.end(() => resolve()).once('close', () => resolve()));
}

/** Cuts a byte stream into frames, each within its limit and its time. */
class FrameReader {
  readonly #wire: FramedWire;
  readonly #socket: Duplex;
  readonly #settings: HttpSettings;
  readonly #intake: Intake;
  readonly #closing: AbortSignal;

  constructor(wire: FramedWire, socket: Duplex, settings: HttpSettings, intake: Intake, closing: AbortSignal) {
    this.#wire = wire;
    this.#socket = socket;
    this.#settings = settings;
    this.#intake = intake;
    this.#closing = closing;
  }

  async *frames(): AsyncGenerator<{ frame: Uint8Array; release: () => void }> {
    const { keepAliveTimeoutMs, requestTimeoutMs, bodyBytesMax } = this.#settings;
    for (;;) {
      const header = await this.#read(this.#wire.headerBytes, Math.max(keepAliveTimeoutMs, 1000));
      if (header === undefined || this.#closing.aborted) return;
      const bytes = this.#wire.frameBytes(header, bodyBytesMax);
      const holding = this.#intake.hold();
      const rest = await this.#read(bytes - header.length, requestTimeoutMs, holding).catch((error: unknown) => {
        holding.release();
        throw error;
      });
      if (rest === undefined) return holding.release();
      yield { frame: Buffer.concat([header, rest]), release: holding.release };
    }
  }

  /** Exactly so many bytes; undefined when the connection ends or stalls before. */
  async #read(bytes: number, withinMs: number, holding?: Holding): Promise<Buffer | undefined> {
    if (bytes === 0) return Buffer.alloc(0);
    const socket = this.#socket;
    const chunks: Buffer[] = [];
    let missing = bytes;
    let over = false;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const stop = () => {
      over = true;
      end();
    };
    const timer = setTimeout(stop, withinMs);
    socket.once('close', stop).once('end', stop);
    this.#closing.addEventListener('abort', stop, { once: true });
    try {
      while (missing > 0) {
        const chunk = socket.read(Math.min(missing, Math.max(1, socket.readableLength))) as Buffer | null;
        if (chunk !== null) {
          holding?.add(chunk.length);
          chunks.push(chunk);
          missing -= chunk.length;
        } else if (over || socket.destroyed || socket.readableEnded) {
          return undefined;
        } else {
          await Promise.race([readable(socket), ended]);
        }
      }
      return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes);
    } finally {
      clearTimeout(timer);
      socket.off('close', stop).off('end', stop);
      this.#closing.removeEventListener('abort', stop);
    }
  }
}

function readable(socket: Duplex): Promise<void> {
  return new Promise((resolve) => socket.once('readable', resolve));
}
