import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Stage } from '../processes/stage.js'

/** How a server treats each request. */
export type Treatment = keyof typeof treatments

/** A megabyte of an answer without an end. */
const block = Buffer.alloc(1_048_576, 'x')

/** Megabytes after which an answer ends that should have been cut off long before. */
export const endlessMegabytes = 200

const treatments = {
  accepts: ({ response }: Exchange) => void response.end('{}'),
  'never answers': () => {},
  'sends an answer without an end': ({ response, server }: Exchange) => {
    response.writeHead(200)
    const write = (): void => {
      while (server.megabytes < endlessMegabytes) {
        server.megabytes++
        if (!response.write(block)) return void response.once('drain', write)
      }
      response.end()
    }
    write()
  },
  'ends in the middle of an answer': ({ response }: Exchange) => {
    response.writeHead(200, { 'content-length': 1000 }).write('half', () => response.destroy())
  },
  'changes the protocol': ({ request }: Exchange) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  },
  'sends interim answers without an end': ({ request }: Exchange) => {
    const { socket } = request
    const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)), 5)
    socket.once('close', () => clearInterval(timer))
  },
  'answers with something else than HTTP': ({ request }: Exchange) => void request.socket.end('\0\x01 hello\n\n'),
  'redirects to itself': ({ request, response }: Exchange) => {
    response.writeHead(307, { location: request.url }).end()
  },
} as const

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: HostileServer
}

/** A server that misbehaves. */
export class HostileServer {
  treatment: Treatment = 'accepts'
  /** What it has written of answers without an end. */
  megabytes = 0
  requests = 0
  private port = 0

  static async start(stage: Stage): Promise<HostileServer> {
    const hostile = new HostileServer()
    const server = createServer((request, response) => {
      hostile.requests++
      request.socket.on('error', () => {})
      response.on('error', () => {})
      request.resume().once('end', () => treatments[hostile.treatment]({ request, response, server: hostile }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    hostile.port = (server.address() as AddressInfo).port
    stage.after(() => {
      server.closeAllConnections()
      server.close()
    })
    return hostile
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }
}

export const allTreatments = Object.keys(treatments) as Treatment[]
