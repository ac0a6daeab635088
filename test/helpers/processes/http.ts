import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request on a connection of its own; one that is not answered in a while fails. */
export function ask(url: string, method = 'GET', timeout = 60_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.setTimeout(timeout, () => asked.destroy(new Error('no answer')))
    asked.end()
  })
}
