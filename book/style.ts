/** Of the whole site: the reader's light or dark, a telephone's width, and paper. */
export const style = `
:root{color-scheme:light dark;--paper:light-dark(#fdfcfa,#17181b);--ink:light-dark(#1d1f24,#e7e6e2);--soft:light-dark(#565b66,#a9adb6);--line:light-dark(#d9d6cf,#3a3d44);--raised:light-dark(#f4f1ea,#212329);--link:light-dark(#1f5fae,#8ab8f5);font:16px/1.55 system-ui,sans-serif}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);display:grid;grid-template:"header header header" auto "contents main sections" 1fr/16rem minmax(0,1fr) 14rem}
a{color:var(--link)}
header{grid-area:header;display:flex;gap:1rem 2rem;align-items:baseline;padding:.6rem 1rem;border-bottom:1px solid var(--line)}
header>a{font-weight:700;text-decoration:none}
search{position:relative}search input{font:inherit;color:inherit;background:var(--raised);border:1px solid var(--soft);border-radius:.4rem;padding:.2rem .5rem;width:min(22rem,45vw)}
#found{position:absolute;z-index:1;right:0;margin:.3rem 0 0;padding:0;list-style:none;background:var(--paper);border:1px solid var(--line);border-radius:.4rem;max-height:70vh;overflow:auto;width:min(32rem,90vw)}
#found:empty{display:none}#found a{display:block;padding:.25rem .75rem;text-decoration:none}#found small{color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}
.contents{grid-area:contents;padding:1rem;border-inline-end:1px solid var(--line);position:sticky;top:0;align-self:start;height:100vh;overflow:auto}
.contents summary{cursor:pointer;font-weight:600;padding:.2rem 0}.contents li{padding-inline-start:1rem;overflow-wrap:anywhere}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}[aria-current]{font-weight:700;color:var(--ink)}
main{grid-area:main;padding:1rem 2rem;max-width:60rem;min-width:0}
.sections{grid-area:sections;padding:1.5rem 1rem;font-size:.85rem;position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2.2rem}h3{font-size:1.05rem}
h1,h2,h3,p,li{overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.86em}
:not(pre)>code{background:var(--raised);border-radius:.25rem;padding:.1em .25em}
pre{background:var(--raised);border-radius:.5rem;padding:.75rem 1rem;overflow-x:auto;line-height:1.45}
.wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);text-align:start;vertical-align:top;overflow-wrap:normal}th{color:var(--soft);font-weight:600}
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.86rem}figure pre{margin-top:.2rem}
img{max-width:100%;height:auto}
footer{display:flex;justify-content:space-between;gap:2rem;border-top:1px solid var(--line);margin-top:3rem;padding-top:1rem}
[rel=prev]::before{content:"← "}[rel=next]::after{content:" →"}[rel=next]{margin-inline-start:auto}
:focus-visible{outline:3px solid var(--link)}
@media(max-width:75rem){body{grid-template:"header header" auto "contents main" 1fr/14rem minmax(0,1fr)}.sections{display:none}}
@media(max-width:48rem){body{display:block}.contents{position:static;height:auto;border:0;border-bottom:1px solid var(--line)}main{padding:1rem}header{flex-wrap:wrap}#found{right:auto;left:0}}
@media print{header,nav,footer{display:none}body{display:block}}
`
