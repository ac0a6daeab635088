/**
 * Returns what to do about an error of a connection, as the end of a sentence; empty if its text suffices.
 *
 * @param url the address, with its scheme
 * @param caOption the option for the certificates to trust
 */
export function adviceFor(cause: unknown, url: string, caOption: string): string {
  const { code = '', message = '' } = cause as NodeJS.ErrnoException
  if (/wrong version number|packet length too long/.test(message)) return '; if it expects no TLS, use http://'
  if (url.startsWith('http:') && /socket hang up|other side closed/.test(message))
    return '; if it expects TLS, use https://'
  return isUntrusted(code) ? `; to trust it, name the file with the certificate of its CA: ${caOption}` : ''
}

function isUntrusted(code: string): boolean {
  return /SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY/.test(code)
}
