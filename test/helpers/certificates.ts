import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { type Agent as HttpsAgent, request } from 'node:https'
import { join } from 'node:path'

export const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0

/** A self-signed certificate, and its key: paths of files in PEM. */
export interface Certificate {
  readonly certfile: string
  readonly keyfile: string
}

/** Makes a certificate for 127.0.0.1, signed by itself, that is valid for so many days from now. */
export function makeCertificateFor(days: number, folder: string, name: string): Certificate {
  const [certfile, keyfile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const [asked, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)]
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:TRUE\n')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyfile]
  openssl('req', ...key, '-subj', `/CN=${name}`, '-out', asked)
  const self = ['-signkey', keyfile, '-days', String(days), '-extfile', extensions]
  openssl('x509', '-req', '-in', asked, ...self, '-out', certfile)
  return { certfile, keyfile }
}

/** Makes a certificate that expired on the first of January 2021. */
export function makeExpiredCertificate(folder: string, name: string): Certificate {
  const [certfile, keyfile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const [asked, config, index] = [join(folder, `${name}.csr`), join(folder, `${name}.cnf`), join(folder, `${name}.txt`)]
  writeFileSync(index, '')
  const ca = `[ca]\ndatabase=${index}\nrand_serial=yes\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=policy\n`
  writeFileSync(config, `${ca}[policy]\ncommonName=supplied\n`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyfile]
  openssl('req', ...key, '-subj', `/CN=${name}`, '-out', asked)
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z']
  const self = ['-name', 'ca', '-selfsign', '-keyfile', keyfile, '-in', asked, '-out', certfile]
  openssl('ca', '-batch', '-notext', '-config', config, ...self, ...dates)
  return { certfile, keyfile }
}

/** Makes a certificate for 127.0.0.1 or other names, signed by another one, or by itself. */
export function makeCertificate(
  folder: string,
  name: string,
  signedBy?: Certificate,
  names = 'IP:127.0.0.1',
): Certificate {
  const [certfile, keyfile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyfile]
  const request = [...key, '-subj', `/CN=${name}`]
  if (signedBy === undefined) {
    const extensions = ['-addext', `subjectAltName=${names}`, '-days', '2']
    openssl('req', '-x509', ...request, ...extensions, '-out', certfile)
    return { certfile, keyfile }
  }
  const [asked, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)]
  writeFileSync(extensions, `subjectAltName=${names}\n`)
  openssl('req', ...request, '-out', asked)
  const signer = ['-CA', signedBy.certfile, '-CAkey', signedBy.keyfile, '-CAcreateserial']
  openssl('x509', '-req', '-in', asked, ...signer, '-days', '2', '-extfile', extensions, '-out', certfile)
  return { certfile, keyfile }
}

export interface SecureAnswer {
  readonly status: number
  readonly body: string
  /** What the server is called in its certificate. */
  readonly server: string
}

/** One request over https on a connection of its own; rejects where the two do not come to terms. */
export function askSecurely(
  url: string,
  options: Pick<HttpsAgent['options'], 'ca' | 'cert' | 'key'>,
): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, ...options }, (response) => {
      let body = ''
      const { socket } = response as unknown as { socket: import('node:tls').TLSSocket }
      const server = String(socket.getPeerCertificate().subject.CN)
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, server }))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
