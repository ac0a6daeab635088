// The words that promhive does not use, and what to write instead. A new one is a line.

/** Where words are looked for. A rule without `scopes` applies to all of them. */
export const scopes = ['docs', 'examples', 'comments', 'identifiers', 'texts', 'tests']

/** Where sentences are. */
const prose = ['docs', 'examples', 'comments', 'texts', 'tests']

/**
 * `pattern` finds a word or a phrase in a text; in identifiers, it is matched against their single words.
 * @type {readonly { word: string, pattern: RegExp, instead: string, scopes?: readonly string[] }[]}
 */
export const banned = [
  // A sentence has an actor with a name.
  { word: 'whoever', pattern: /\b(?:whoever|whomever|whom)\b/gi, instead: 'name the actor: the process, the reader' },
  { word: 'somebody', pattern: /\b(?:some|any)(?:body|one)\b/gi, instead: 'name the actor: the process, the client' },
  { word: 'nobody', pattern: /\b(?:nobody|no one)\b/gi, instead: 'no process, no worker; or say it positively' },
  { word: 'everybody', pattern: /\bevery(?:body|one)\b/gi, instead: 'every process, every user' },
  { word: 'tell', pattern: /\b(?:tell|tells|told|telling)\b/gi, instead: 'report, show, notify, contain, specify' },
  {
    word: "one's own",
    pattern: /\bof one[’']s own\b|\bone[’']s own\b/gi,
    instead: 'your own, or the owner by name',
    scopes: prose,
  },
  // The field has a term.
  { word: 'anew', pattern: /\banew\b/gi, instead: 'again' },
  { word: 'goes on', pattern: /\b(?:go|goes|going|went) on\b/gi, instead: 'continues', scopes: prose },
  { word: 'lies', pattern: /\b(?:lies|lie|lay|lain)\b/gi, instead: 'is, is stored' },
  {
    word: 'stands',
    pattern: /\b(?:stands?|stood|standing) (?:in|there|at|behind|before|beside|on|alone)\b/gi,
    instead: 'is, is listed, is shown',
    scopes: prose,
  },
  { word: 'taken up', pattern: /\b(?:taken|takes|take|took) up\b/gi, instead: 'reloaded, applied, occupies' },
  { word: 'takes along', pattern: /\b(?:taken?|takes|took) along\b/gi, instead: 'moves, copies' },
  { word: 'waits no more', pattern: /\bwaited for\b/gi, instead: 'timeout; awaited; waits for it' },
  { word: 'way out', pattern: /\bways? out\b/gi, instead: 'what to do; an exporter', scopes: prose },
  { word: 'hears of', pattern: /\b(?:hears?|heard) (?:of|from)\b/gi, instead: 'is notified, reports, a sign of life' },
  { word: 'learns of', pattern: /\b(?:learns?|learnt|learned) of\b/gi, instead: 'is notified of, subscribes to' },
  { word: 'for ever', pattern: /\bfor ever\b/gi, instead: 'forever, without a limit' },
  { word: 'need be', pattern: /\bif need be\b/gi, instead: 'if it does not exist, if necessary' },
  { word: 'good-bye', pattern: /\bgood-?bye\b/gi, instead: 'ended, closed' },
  { word: 'so many', pattern: /\bso (?:many|much) (?:seconds|bytes|times)\b/gi, instead: 'the number of' },
  { word: 'speaks https', pattern: /\b(?:speaks?|spoken) (?:https?|tls|http)\b/gi, instead: 'serves HTTPS' },
  { word: 'puts aside', pattern: /\bputs? (?:it |them )?aside\b/gi, instead: 'renames, keeps' },
  { word: 'at last', pattern: /\bat last\b/gi, instead: 'finally, then', scopes: prose },
  { word: 'merely', pattern: /\bmere(?:ly)?\b/gi, instead: 'only' },
  { word: 'looks that', pattern: /\blooks? that\b/gi, instead: 'checks that' },
  { word: 'in the making', pattern: /\bin the making\b/gi, instead: 'being written' },
  { word: 'is had', pattern: /\b(?:is|are) had\b/gi, instead: 'has, is available' },
  { word: 'looked at', pattern: /\blooked at\b/gi, instead: 'checked, measured', scopes: prose },
  { word: 'asked for', pattern: /\b(?:is|are) asked for\b/gi, instead: 'requested', scopes: prose },
  { word: 'is at home', pattern: /\bat home\b/gi, instead: 'is part of', scopes: prose },
  { word: 'of a like', pattern: /\b(?:its|their) like\b/gi, instead: 'and similar ones', scopes: prose },
  { word: 'as ever', pattern: /\bas ever\b/gi, instead: 'as usual', scopes: prose },
  { word: 'besides that', pattern: /^Besides,/gim, instead: 'also', scopes: prose },
  // A condition is "if"; a default is "by default".
  {
    word: 'left out',
    pattern: /\b(?:when|was|were|is|are|be|been) left out\b/gi,
    instead: 'by default; omitted, skipped',
    scopes: prose,
  },
  {
    word: 'what is no',
    pattern: /\b(?:what|that|which) (?:is|are) no (?!longer|more)/gi,
    instead: 'is not a',
    scopes: prose,
  },
  {
    word: 'for what is not',
    pattern: /\bfor what (?:is|are) (?:no|not|none|neither)\b/gi,
    instead: 'if it is not; for an invalid one',
    scopes: prose,
  },
  // Everyday verbs where the field has a term.
  { word: 'twice is once', pattern: /\btwice is once\b/gi, instead: 'a second call does nothing' },
  { word: 'under way', pattern: /\bunder way\b/gi, instead: 'in progress, running' },
  { word: 'no room', pattern: /\b(?:no|found|makes?) room\b/gi, instead: 'no space', scopes: prose },
  { word: 'takes off', pattern: /\b(?:takes?|taken|took) off\b/gi, instead: 'subtracts' },
  { word: 'puts together', pattern: /\bput(?:s|ting)? together\b/gi, instead: 'builds', scopes: prose },
  { word: 'again and again', pattern: /\bagain and again\b/gi, instead: 'repeatedly' },
  { word: 'now and then', pattern: /\bnow and then\b/gi, instead: 'at intervals' },
  { word: 'for good', pattern: /\bfor good\b/gi, instead: 'forever, permanently', scopes: prose },
  { word: 'has its say', pattern: /\b(?:has|have|had) (?:had )?(?:its|their) say\b/gi, instead: 'runs first' },
  { word: 'befalls', pattern: /\b(?:befell|befalls?)\b/gi, instead: 'happens to' },
  {
    word: 'becomes of',
    pattern: /\b(?:came|comes?|became|becomes?) of (?:it|its|the|this)\b/gi,
    instead: 'the result of',
  },
  { word: 'is to be had', pattern: /\bto be had\b/gi, instead: 'is available' },
  { word: 'looks whether', pattern: /\btwo looks\b|\blook(?:s|ed)? whether\b/gi, instead: 'checks' },
  { word: 'lets go', pattern: /\blets? go\b/gi, instead: 'releases', scopes: prose },
  { word: 'in place of', pattern: /\bin (?:the )?place of\b/gi, instead: 'instead of; replaces', scopes: prose },
  { word: 'borrows', pattern: /\bborrow(?:s|ed)?\b/gi, instead: 'needs, gets from' },
  { word: 'way out', pattern: /\bway outs?\b/gi, instead: 'advice, what to do', scopes: ['identifiers'] },
  {
    word: 'who',
    pattern: /\bwho\b/gi,
    instead: 'name the actor: the process, the user, the reader',
    scopes: ['comments', 'texts', 'tests'],
  },
  {
    word: 'the living',
    pattern: /\bof the (?:dead|living)(?=[.,;:)]| (?:only|stay|are|is)\b| *\||$)/gim,
    instead: 'living processes, dead processes',
    scopes: prose,
  },
  { word: 'stands still', pattern: /\b(?:stands?|stood) still\b/gi, instead: 'does not change', scopes: prose },
  { word: 'put in front', pattern: /\bputs? in front\b/gi, instead: 'prefix; precedes', scopes: prose },
  { word: 'does otherwise', pattern: /\bdoes otherwise\b/gi, instead: 'name the fault', scopes: prose },
  { word: 'all the same', pattern: /\ball the same\b/gi, instead: 'nevertheless', scopes: prose },
  {
    word: 'begins fresh',
    pattern: /\b(?:begins?|begun|began) (?:fresh|afresh)\b/gi,
    instead: 'begins at 0',
    scopes: prose,
  },
  { word: 'of the moment', pattern: /\bvalues of the moment\b/gi, instead: 'present values', scopes: prose },
  {
    word: 'that are no more',
    pattern: /\b(?:is|are) no more(?=[.,;:)]|$)/gim,
    instead: 'no longer exists',
    scopes: prose,
  },
  { word: 'in one go', pattern: /\bin one go\b/gi, instead: 'at once, in one call', scopes: prose },
  // Invented words.
  { word: 'how-manieth', pattern: /\bhow-?manieth\b/gi, instead: 'its sequence number' },
  { word: 'patience', pattern: /\bpatien(?:ce|tly|t)\b/gi, instead: 'timeout' },
  { word: 'watchman', pattern: /\bwatchman\b/gi, instead: 'monitor' },
  { word: 'errand', pattern: /\berrand\b/gi, instead: 'session, request' },
]

/** Words that a text may have now and then: at most `limit` in 10,000 words of README and docs together. */
export const rare = {
  words: /\b(?:who|whoever|somebody|nobody|everybody)\b/gi,
  limit: 2,
  per: 10_000,
  instead: 'name the actor: the process, the user, the reader',
}
