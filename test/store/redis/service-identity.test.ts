import { expect, test } from 'vitest'
import { identityOf } from '../../../src/store/redis/service-identity.js'

test('an identity has two parts, or one where the address is not known, whatever blanks are in them', () => {
  for (const keyPrefix of ['shop', 'my shop', 'my {shop} a']) {
    const prefix = identityOf(undefined, { keyPrefix })
    expect(prefix).not.toContain(' ')
    for (const place of ['my master', { path: '/run/my redis.sock', db: 2 }, { host: 'a', port: 1, db: 0 }])
      expect(identityOf(place, { keyPrefix }).split(' ')).toEqual([expect.any(String), prefix])
  }
})
