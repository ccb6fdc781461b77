/** `scheme://user:password@`; in a database's address the password may hold anything but white space and quotes. */
const DATABASE = /\b((?:postgres(?:ql)?|mysql|redis|mongodb(?:\+srv)?):\/\/[^\s:@/"']*):[^\s"']*@/gi
const LOGIN = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@"':]*)(?::[^\s/?#"']*)?@/gi
/** `?api_key=...`, also in a fragment. */
const PARAMETER =
  /([?&#;](?:[\w.-]*[_.-])?(?:api-?key|key|token|secret|password|passwd|pwd|sig|signature|auth|credentials?|sslpassword|x-amz-[\w-]+)=)[^&#;\s"'`)]+/gi

/**
 * A text whose addresses have lost their passwords, keys and tokens, for everything that is written or shown: of
 * `https://user:password@host/v1?api_key=...` stays `https://user:***@host/v1?api_key=***`. A login without a password is a token, save in a
 * database's address.
 */
export const withoutSecrets = (text: string): string =>
  text
    .replace(DATABASE, "$1:***@")
    .replace(LOGIN, (whole, scheme: string, user: string) => {
      if (whole === `${scheme}${user}@`)
        return /^(?:postgres|mysql|redis|mongodb)/i.test(scheme) ? whole : `${scheme}***@`
      return `${scheme}${user}:***@`
    })
    .replace(PARAMETER, "$1***")
