/** `scheme://user:password@`; in a database's address the password may hold anything but white space and quotes. */
const DATABASE = /\b((?:postgres(?:ql)?|mysql|redis|mongodb(?:\+srv)?):\/\/[^\s:@/"']*):[^\s"']*@/gi
/** `scheme://login@` anywhere else: a login is a token as often as a name. */
const LOGIN = /\b((?!postgres|mysql|redis|mongodb)[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'@]*@/gi
/** `?api_key=...`, also in a fragment. */
const PARAMETER =
  /([?&#;](?:[\w.-]*[_.-])?(?:api-?key|key|token|secret|password|passwd|pwd|sig|signature|auth|credentials?|sslpassword|x-amz-[\w-]+)=)[^&#;\s"'`)]+/gi

/**
 * A text whose addresses have lost their passwords, keys and tokens, for everything that is written or shown: of
 * `https://user:password@host/v1?api_key=...` stays `https://***@host/v1?api_key=***`, of `postgres://user:password@host/database` all but the
 * password.
 */
export const withoutSecrets = (text: string): string =>
  text.replace(DATABASE, "$1:***@").replace(LOGIN, "$1***@").replace(PARAMETER, "$1***")
