import { readFile } from 'node:fs/promises'
import { absolutePath } from '../../platform/paths.js'

/** The credentials of a request, as options have them. */
export interface CredentialOptions {
  readonly bearerToken?: string | undefined
  /** A file with the token, which is read for each export, because such tokens are renewed. */
  readonly bearerTokenFile?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** A file with the password, read for each export. */
  readonly passwordFile?: string | undefined
}

/** Returns the `Authorization` header of a request. */
export class Credentials {
  private readonly path: string | undefined

  constructor(private readonly options: CredentialOptions) {
    const path = options.bearerTokenFile ?? options.passwordFile
    this.path = path === undefined ? undefined : absolutePath(path)
  }

  /** @throws the error of the system if the file cannot be read */
  async header(): Promise<Readonly<Record<string, string>>> {
    const { bearerToken, bearerTokenFile, username, password = '' } = this.options
    const secret = this.path === undefined ? undefined : (await readFile(this.path, 'utf8')).trim()
    const token = bearerTokenFile === undefined ? bearerToken : secret
    if (token !== undefined) return { authorization: `Bearer ${token}` }
    if (username === undefined) return {}
    const login = Buffer.from(`${username}:${secret ?? password}`).toString('base64')
    return { authorization: `Basic ${login}` }
  }
}
