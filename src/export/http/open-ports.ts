import { sharedObject } from '../../platform/test-file.js'
import type { MetricsServer } from './scrape-server.js'

type PortListener = (urls: readonly string[]) => void

/** The ports on which this process answers scrapes. */
class OpenPorts {
  private readonly urls = new Set<string>()
  private readonly listeners = new Set<PortListener>()

  /** Adds a port until it is closed. */
  add({ url, server }: Pick<MetricsServer, 'url' | 'server'>): void {
    this.urls.add(url)
    server.once('close', () => {
      this.urls.delete(url)
      this.notify()
    })
    this.notify()
  }

  /**
   * Calls a function with the URLs of the open ports, now and after each change.
   *
   * @returns what ends that
   */
  watch(listener: PortListener): () => void {
    this.listeners.add(listener)
    listener([...this.urls])
    return () => void this.listeners.delete(listener)
  }

  private notify(): void {
    for (const listener of this.listeners) listener([...this.urls])
  }
}

const place = Symbol.for('promhive.ports.1')
const shared = sharedObject as { [place]?: OpenPorts }

/** Returns the ports of this process, for both builds. */
export function openPorts(): OpenPorts {
  return (shared[place] ??= new OpenPorts())
}
