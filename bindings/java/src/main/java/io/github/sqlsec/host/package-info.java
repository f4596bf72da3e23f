/** What the plug-ins for hosts of Java share. Not for embedders: it may change with any version. */
package io.github.sqlsec.host;
