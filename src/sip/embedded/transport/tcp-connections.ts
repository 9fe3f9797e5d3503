/** All TCP connections: who may connect, which one to use again, which has waited too long. */
import { connect, type Socket } from 'node:net';
import { plainAddress } from './flow.js';
import type { TransportLimits } from './limits.js';
import { TcpConnection, type TcpHandlers } from './tcp-connection.js';

/** Connections by id and by remote end. */
export class TcpConnections {
  readonly #byId = new Map<number, TcpConnection>();
  readonly #byRemote = new Map<string, TcpConnection>();
  readonly #inboundByAddress = new Map<string, number>();
  #inbound = 0;
  #nextId = 1;

  constructor(
    private readonly limits: TransportLimits,
    private readonly now: () => number,
    private readonly handlers: TcpHandlers,
  ) {}

  /** Open connections, inbound and outbound. */
  get size(): number {
    return this.#byId.size;
  }

  /** Takes an accepted socket, or refuses it: returns why, for the counter. */
  accept(socket: Socket): 'connections' | 'connectionsPerAddress' | undefined {
    const address = plainAddress(socket.remoteAddress ?? '');
    const ofAddress = this.#inboundByAddress.get(address) ?? 0;
    const refusal =
      this.#inbound >= this.limits.connections
        ? 'connections'
        : ofAddress >= this.limits.connectionsPerAddress
          ? 'connectionsPerAddress'
          : undefined;
    if (refusal) {
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return refusal;
    }
    this.#inbound++;
    this.#inboundByAddress.set(address, ofAddress + 1);
    socket.setKeepAlive(true, 60_000);
    this.#add(socket, true, address, socket.remotePort ?? 0);
    return undefined;
  }

  /** The connection a flow names, if it can still be written to. */
  byId(id: number | undefined): TcpConnection | undefined {
    const connection = id === undefined ? undefined : this.#byId.get(id);
    return connection?.open ? connection : undefined;
  }

  /** A connection to this address and port: one that is there already, or a new one that connects while bytes wait. */
  to(address: string, port: number, localAddress: string | undefined): TcpConnection {
    const existing = this.#byRemote.get(remoteKey(address, port));
    if (existing?.open) return existing;
    const socket = connect({ host: address, port, ...(localAddress === undefined ? {} : { localAddress }) });
    return this.#add(socket, false, plainAddress(address), port);
  }

  /** Cuts what has passed its deadline. */
  sweep(nowMs: number): void {
    for (const connection of this.#byId.values()) connection.sweep(nowMs);
  }

  /** Cuts everything. */
  destroyAll(): void {
    for (const connection of [...this.#byId.values()]) connection.destroy();
  }

  #add(socket: Socket, inbound: boolean, address: string, port: number): TcpConnection {
    const id = this.#nextId++;
    const connection = new TcpConnection(id, inbound, address, port, socket, this.limits, this.now, {
      ...this.handlers,
      onClosed: (closed) => {
        this.#forget(closed);
        this.handlers.onClosed(closed);
      },
    });
    this.#byId.set(id, connection);
    this.#byRemote.set(remoteKey(address, port), connection);
    return connection;
  }

  #forget(connection: TcpConnection): void {
    if (!this.#byId.delete(connection.id)) return;
    const key = remoteKey(connection.remoteAddress, connection.remotePort);
    if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    if (!connection.inbound) return;
    this.#inbound--;
    const left = (this.#inboundByAddress.get(connection.remoteAddress) ?? 1) - 1;
    if (left > 0) this.#inboundByAddress.set(connection.remoteAddress, left);
    else this.#inboundByAddress.delete(connection.remoteAddress);
  }
}

function remoteKey(address: string, port: number): string {
  return `${port} ${address}`;
}
