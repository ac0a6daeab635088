import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from '../processes/stage.js'

export const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0

/** An authority of a test's own, and what it has signed: the paths of PEM files. */
export interface Certificates {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

export function makeCertificates(stage: Stage): Certificates {
  const folder = stage.folder()
  const file = (name: string): string => join(folder, name)
  const ca = file('ca.pem')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc']
  openssl('req', '-x509', ...newKey, '-keyout', file('ca.key'), '-out', ca, '-days', '2', '-subj', '/CN=authority')
  const sign = (name: string, subject: string): { cert: string; key: string } => {
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => file(`${name}.${end}`)) as [
      string,
      string,
      string,
      string,
    ]
    writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`)
    const signed = ['-CA', ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', extensions]
    openssl('x509', '-req', '-in', request, '-out', cert, ...signed)
    return { cert, key }
  }
  return { ca, server: sign('server', 'redis'), client: sign('client', 'metrics') }
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
}
