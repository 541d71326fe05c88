import { connect, type Socket } from 'node:net';

/** A client that writes bytes as it likes and keeps what comes back: what no HTTP library would let a test do. */
export class RawClient {
  readonly socket: Socket;
  /** Everything received so far. */
  text = '';
  readonly closed: Promise<void>;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      const done = () => {
        resolve();
        this.#wake();
      };
      this.socket.once('close', done).once('end', done);
    });
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until the received text matches. */
  async until(pattern: RegExp): Promise<string> {
    let over = false;
    this.closed.then(() => {
      over = true;
    });
    while (!pattern.test(this.text)) {
      if (over) throw new Error(`The connection ended before ${pattern}; received:\n${this.text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.text;
  }

  /** Everything until the server ends the connection. */
  async rest(): Promise<string> {
    await this.closed;
    this.socket.destroy();
    return this.text;
  }

  /** Leaves without a word. */
  leave(): void {
    this.socket.destroy();
  }
}
