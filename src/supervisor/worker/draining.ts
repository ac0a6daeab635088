import { subscribe } from 'node:diagnostics_channel'
import type { ServerHttp2Session } from 'node:http2'
import type { Server } from 'node:net'
import { monotonicNow, setTimeout } from '../../platform/timers.js'

/** Milliseconds between two checks whether connections are left. */
const lookEvery = 50
/** Milliseconds for a session that began while the ports were being closed. */
const lateSession = 1000

/** Tracks every server of this process, and waits for the end of their connections. */
export class Draining {
  private readonly servers = new Set<Server>()
  private readonly sessions = new Set<ServerHttp2Session>()
  private closing = false

  /** @param onServer called with every server when it starts to listen */
  constructor(onServer: (server: Server) => void) {
    subscribe('tracing:net.server.listen:asyncStart', (message) => {
      const { server } = message as { readonly server: Server }
      if (this.servers.has(server)) return
      this.servers.add(server)
      onServer(server)
      server.once('close', () => this.servers.delete(server))
      // Of HTTP/2 servers only.
      server.on('session', (session: ServerHttp2Session) => {
        this.sessions.add(session)
        session.once('close', () => this.sessions.delete(session))
        // The handshake ended after the ports were closed. Not closed at once, because its first request is on its way.
        if (this.closing) setTimeout(() => session.close(), lateSession).unref()
      })
    })
  }

  /** Waits until no client is connected, or until the timeout. */
  async quiet(milliseconds: number): Promise<void> {
    const end = monotonicNow() + milliseconds
    for (;;) {
      const counts = await Promise.all([...this.servers].map(connectionsOf))
      if (counts.every((count) => count === 0) || monotonicNow() >= end) return
      await new Promise((resolve) => setTimeout(resolve, lookEvery))
    }
  }

  /**
   * Sends GOAWAY to HTTP/2 clients: pending requests are answered, and the next ones go to another worker. Called when
   * the ports are closed; otherwise a client might reconnect to this worker.
   */
  closeSessions(): void {
    this.closing = true
    for (const session of this.sessions) session.close()
  }
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)))
}
