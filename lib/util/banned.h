/*
 * Calls that do not compile here, each for a reason: unbounded copies, hidden
 * global state, locale-dependent parsing, shells, and cJSON look-ups that
 * ignore case (CloudFormation keys do not) or printers that corrupt numbers.
 * Included by base.h after the system headers, so it only affects our code.
 */
#ifndef CCDK_UTIL_BANNED_H
#define CCDK_UTIL_BANNED_H

#define BANNED(f) sorry_##f##_is_banned

#undef strcpy
#define strcpy(d, s) BANNED(strcpy)
#undef strcat
#define strcat(d, s) BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(s, d) BANNED(strtok)
#undef gmtime
#define gmtime(t) BANNED(gmtime)
#undef localtime
#define localtime(t) BANNED(localtime)
#undef ctime
#define ctime(t) BANNED(ctime)
#undef mktemp
#define mktemp(x) BANNED(mktemp)
#undef atoi
#define atoi(s) BANNED(atoi)
#undef atol
#define atol(s) BANNED(atol)
#undef strtol
#define strtol(s, e, b) BANNED(strtol)
#undef sscanf
#define sscanf(...) BANNED(sscanf)
#undef system
#define system(c) BANNED(system)
#undef popen
#define popen(c, m) BANNED(popen)
#undef access
#define access(p, m) BANNED(access)
#undef alloca
#define alloca(n) BANNED(alloca)
#undef cJSON_GetObjectItem
#define cJSON_GetObjectItem(o, k) BANNED(cJSON_GetObjectItem)
#undef cJSON_Print
#define cJSON_Print(j) BANNED(cJSON_Print)
#undef cJSON_PrintUnformatted
#define cJSON_PrintUnformatted(j) BANNED(cJSON_PrintUnformatted)

#endif
