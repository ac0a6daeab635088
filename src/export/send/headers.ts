import { validateHeaderName, validateHeaderValue } from 'node:http'

/** Returns the name of the first header that HTTP does not allow, because of its name or its value; undefined if all are valid. */
export function invalidHeader(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([name, value]) => {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
      return false
    } catch {
      return true
    }
  })?.[0]
}
