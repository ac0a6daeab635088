import { createSocket } from 'node:dgram'
import type { Stage } from '../processes/stage.js'

/** A socket that adds up the counters it receives. */
export interface UdpSums {
  readonly address: string
  sum(counter: string): number
}

export async function udpSums(stage: Stage): Promise<UdpSums> {
  const socket = createSocket('udp4')
  const sums = new Map<string, number>()
  socket.on('message', (datagram) => {
    for (const [, name, growth] of datagram.toString().matchAll(/^([^:]+):([^|]+)\|c/gm)) {
      sums.set(name!, (sums.get(name!) ?? 0) + Number(growth))
    }
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  stage.after(() => void socket.close())
  return { address: `udp://127.0.0.1:${socket.address().port}`, sum: (counter) => sums.get(counter) ?? 0 }
}
